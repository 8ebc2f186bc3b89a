#include "cli/trial_of_tools.h"

#include <algorithm>

#include "base/fd.h"
#include "base/text.h"
#include "cli/execute.h"
#include "run/tools.h"

namespace boxcar {

namespace {

constexpr std::size_t kLines = 10;         // of a log
constexpr std::size_t kReadOnly = 3;       // lines that tell the same
constexpr std::size_t kLongestLine = 400;  // of them, in bytes

bool within(const std::string& path, const Port& port) {
  return path == port.path || path.starts_with(port.path + "/");
}

std::string_view problem_kind(const StepState& state) {
  if (state.failure == Failure::Memory) return "out_of_memory";
  if (state.failure != Failure::Invalid && state.failure != Failure::NotFound) return name_of(state.failure);
  return state.exit_code ? "output" : "start";  // what it left, or that it can't be started
}

// The port whose path stands in the line; null: none does.
const Port* named_in(const std::string& line, const std::vector<Port>& ports) {
  const auto named = [&](const Port& port) { return !port.path.empty() && line.find(port.path) != std::string::npos; };
  const auto found = std::find_if(ports.begin(), ports.end(), named);
  return found == ports.end() ? nullptr : &*found;
}

std::string hint(const Sample& sample) {
  return sample.made_up.empty() ? "" : "; boxcar made up its " + join(sample.made_up, ", ");
}

}  // namespace

Result<Looked> look_at(const Tool& tool, const Images& images, const Image& image) {
  Looked looked;
  TRY(const auto places, places_in_image(tool, images, image));
  for (const auto& file : places.files) looked.problems.push_back({"path", file});
  for (const auto& absent : places.absent) {
    if (tool.format == "kaapana") looked.notes.push_back(absent + "; engines make it when they mount it");
  }
  for (const auto& word : tool.command) {
    const auto holds = [&](const Port& port) { return within(word, port); };
    if (!word.starts_with('/') || word.find('$') != std::string::npos || word == tool.parameters_path ||
        std::any_of(tool.inputs.begin(), tool.inputs.end(), holds) ||
        std::any_of(tool.outputs.begin(), tool.outputs.end(), holds)) {
      continue;
    }
    TRY(const auto entry, image_entry(images, image, word));
    if (entry != ImageEntry::Nothing) continue;
    looked.suspects.push_back({"path", "its command names " + word + ", which is not in the image"});
  }
  return looked;
}

void TrialWatcher::note(const std::string& text) {
  if (noted_.insert(text).second) say_progress(text);
}

void TrialWatcher::step_output(StepIndex /*step*/, Stream /*stream*/, std::string_view line) {
  if (last_.size() == kLines) last_.erase(last_.begin());
  last_.emplace_back(line.substr(0, kLongestLine));
  // What the C library says of EROFS: nothing else in a container is read-only but its inputs and its parameters.
  if (line.find("Read-only file system") == std::string_view::npos || read_only_.size() == kReadOnly) return;
  read_only_.emplace_back(line.substr(0, kLongestLine));
}

ToolVerdict verdict_on(const RunReport& report, const std::string& name, const Sample& sample, const Looked& looked,
                       const TrialWatcher& watcher) {
  const StepState& state = report.steps.front();
  const Tool& tool = *report.plan.steps.front().tool->tool;
  ToolVerdict verdict;
  verdict.name = name;
  verdict.problems = looked.problems;
  verdict.notes = looked.notes;
  verdict.exit_code = state.exit_code;
  verdict.seconds = state.seconds;
  verdict.peak_memory = state.peak_memory;
  verdict.ran = state.status == StepStatus::Succeeded || state.status == StepStatus::Failed;
  for (const auto& line : watcher.read_only()) {
    const Port* port = named_in(line, tool.inputs);
    verdict.problems.push_back(
        {"input_written", "it writes into " +
                              (port == nullptr ? "what it may only read" : "its input " + in_quotes(port->name)) +
                              ": " + printable(line, kLongestLine)});
  }
  if (state.status == StepStatus::Failed && looked.problems.empty()) {
    const bool ran = state.exit_code.has_value();
    verdict.problems.push_back({problem_kind(state), state.message + (ran ? hint(sample) : "")});
    verdict.problems.insert(verdict.problems.end(), looked.suspects.begin(), looked.suspects.end());
  }
  if (!verdict.ok()) verdict.log = watcher.last();
  return verdict;
}

}  // namespace boxcar
