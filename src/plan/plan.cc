#include "plan/plan.h"

#include <algorithm>

namespace boxcar {

Adjacency::Adjacency(std::size_t steps, std::vector<Edge> edges) : start_(steps + 1) {
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  list_.reserve(edges.size());
  for (const auto& [from, to] : edges) {
    ++start_[from + 1];
    list_.push_back(to);
  }
  for (std::size_t i = 0; i < steps; ++i) start_[i + 1] += start_[i];
}

Adjacency Adjacency::transposed() const {
  Adjacency out;
  out.start_.resize(start_.size());
  out.list_.resize(list_.size());
  for (const auto to : list_) ++out.start_[to + 1];
  for (std::size_t i = 1; i < out.start_.size(); ++i) out.start_[i] += out.start_[i - 1];
  auto next = out.start_;
  for (StepIndex from = 0; from + 1 < start_.size(); ++from) {
    for (const auto to : (*this)[from]) out.list_[next[to]++] = from;
  }
  return out;
}

void Plan::connect(std::vector<Edge> after) {
  for (StepIndex index = 0; index < steps.size(); ++index) {
    for (const auto& input : steps[index].inputs) {
      if (input.step != PlannedInput::kHost) after.emplace_back(input.step, index);
    }
  }
  successors_ = Adjacency(steps.size(), std::move(after));
  predecessors_ = successors_.transposed();
}

// Depth first, with a stack of its own: a chain may be 100,000 steps deep. Where the path meets itself, that is a
// cycle; that edge is passed over then.
std::vector<std::vector<StepIndex>> Plan::cycles() const {
  struct Frame {
    StepIndex step;
    std::uint32_t next;  // in its row of successors
  };
  enum class Mark : std::uint8_t { New, OnPath, Done };
  std::vector<Mark> marks(steps.size(), Mark::New);
  std::vector<std::vector<StepIndex>> found;
  std::vector<Frame> path;
  constexpr std::size_t most_cycles = 20;  // as telling as all, and the time stays in proportion to the edges
  for (StepIndex root = 0; root < steps.size(); ++root) {
    if (marks[root] != Mark::New) continue;
    path.push_back({root, 0});
    marks[root] = Mark::OnPath;
    while (!path.empty()) {
      auto& [step, next] = path.back();
      const auto row = successors(step);
      if (next == row.size()) {
        marks[step] = Mark::Done;
        path.pop_back();
        continue;
      }
      const StepIndex to = row[next++];
      if (marks[to] == Mark::New) {
        marks[to] = Mark::OnPath;
        path.push_back({to, 0});
      } else if (marks[to] == Mark::OnPath) {
        const auto start = std::find_if(path.begin(), path.end(), [&](const Frame& frame) { return frame.step == to; });
        auto& cycle = found.emplace_back();
        for (auto frame = start; frame != path.end(); ++frame) cycle.push_back(frame->step);
        std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
        if (found.size() == most_cycles) return found;
      }
    }
  }
  return found;
}

std::vector<bool> Plan::needed_for(const std::vector<StepIndex>& targets) const {
  std::vector<bool> needed(steps.size());
  std::vector<StepIndex> open;
  const auto need = [&](StepIndex step) {
    if (needed[step]) return;
    needed[step] = true;
    open.push_back(step);
  };
  for (const auto target : targets) need(target);
  while (!open.empty()) {
    const StepIndex step = open.back();
    open.pop_back();
    for (const auto before : predecessors(step)) need(before);
  }
  return needed;
}

std::optional<StepIndex> Plan::find(std::string_view wanted) const {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.name == wanted; });
  if (found == steps.end()) return std::nullopt;
  return static_cast<StepIndex>(found - steps.begin());
}

const std::string* Plan::direct_target(StepIndex step, std::uint32_t output) const {
  // While a faulty workflow is planned, any of this may be missing.
  if (step >= steps.size()) return nullptr;
  const auto& planned = steps[step];
  if (!planned.options || !planned.options->cache.direct) return nullptr;
  if (!planned.tool || output >= planned.tool->tool->outputs.size()) return nullptr;
  const auto& port = planned.tool->tool->outputs[output];
  if (port.kind != PortKind::Directory || !port.works_on.empty()) return nullptr;
  for (const auto& each : outputs) {
    if (each.step == step && each.output == output && each.path.empty() && !each.to.empty()) return &each.to;
  }
  return nullptr;
}

}  // namespace boxcar
