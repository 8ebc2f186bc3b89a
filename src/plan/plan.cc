#include "plan/plan.h"

#include <algorithm>
#include <unordered_map>

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

namespace {

// The steps that wait for each other, by Tarjan: of each step the number of its strongly connected component. With a
// stack of its own, since a chain may be 100,000 steps deep.
std::vector<std::uint32_t> components(const Plan& plan) {
  struct Frame {
    StepIndex step;
    std::uint32_t next;  // in its row of successors
  };
  constexpr std::uint32_t none = ~std::uint32_t{0};
  const std::size_t steps = plan.steps.size();
  std::vector<std::uint32_t> component(steps, none), order(steps, none), lowest(steps);
  std::vector<StepIndex> open;  // visited, and in no component yet
  std::vector<Frame> path;
  std::uint32_t visited = 0, count = 0;
  const auto visit = [&](StepIndex step) {
    order[step] = lowest[step] = visited++;
    open.push_back(step);
    path.push_back({step, 0});
  };
  for (StepIndex root = 0; root < steps; ++root) {
    if (order[root] == none) visit(root);
    while (!path.empty()) {
      auto& [step, next] = path.back();
      const auto row = plan.successors(step);
      if (next < row.size()) {
        const StepIndex to = row[next++];
        if (order[to] == none) {
          visit(to);
        } else if (component[to] == none) {
          lowest[step] = std::min(lowest[step], order[to]);
        }
        continue;
      }
      const StepIndex done = step;
      path.pop_back();
      if (!path.empty()) lowest[path.back().step] = std::min(lowest[path.back().step], lowest[done]);
      if (lowest[done] != order[done]) continue;
      StepIndex member = 0;
      do {
        member = open.back();
        open.pop_back();
        component[member] = count;
      } while (member != done);
      ++count;
    }
  }
  return component;
}

// A shortest cycle through a step, within its component; empty: there is none.
std::vector<StepIndex> cycle_through(const Plan& plan, StepIndex start, const std::vector<std::uint32_t>& component) {
  std::unordered_map<StepIndex, StepIndex> before;
  std::vector<StepIndex> open(1, start);
  for (std::size_t i = 0; i < open.size(); ++i) {  // which grows meanwhile
    for (const StepIndex to : plan.successors(open[i])) {
      if (component[to] != component[start] || !before.emplace(to, open[i]).second) continue;
      if (to != start) {
        open.push_back(to);
        continue;
      }
      std::vector<StepIndex> cycle;
      for (StepIndex step = before[start]; step != start; step = before[step]) cycle.push_back(step);
      cycle.push_back(start);
      std::reverse(cycle.begin(), cycle.end());
      return cycle;
    }
  }
  return {};
}

}  // namespace

std::vector<std::vector<StepIndex>> Plan::cycles() const {
  constexpr std::size_t most_cycles = 20;  // as telling as all, and the time stays in proportion to the edges
  const auto component = components(*this);
  std::vector<bool> named(steps.size());
  std::vector<std::vector<StepIndex>> found;
  for (StepIndex step = 0; step < steps.size() && found.size() < most_cycles; ++step) {
    if (named[step]) continue;
    auto cycle = cycle_through(*this, step, component);
    if (cycle.empty()) continue;
    for (const StepIndex member : cycle) named[member] = true;
    std::rotate(cycle.begin(), std::min_element(cycle.begin(), cycle.end()), cycle.end());
    found.push_back(std::move(cycle));
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

std::size_t Plan::count(const std::vector<bool>& wanted) const {
  return wanted.empty() ? steps.size() : static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), true));
}

std::optional<StepIndex> Plan::find(std::string_view wanted) const {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.name == wanted; });
  if (found == steps.end()) return std::nullopt;
  return static_cast<StepIndex>(found - steps.begin());
}

bool fills_what_it_reads(const PlannedStep& step, const PlannedOutput& output) {
  const Port& port = step.tool->tool->outputs[output.output];
  return !port.works_on.empty() && output.path.empty() &&
         std::any_of(step.inputs.begin(), step.inputs.end(), [&](const PlannedInput& input) {
           return !input.parameter && input.step == PlannedInput::kHost && input.path == output.to &&
                  step.tool->tool->inputs[input.port].name == port.works_on;
         });
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
