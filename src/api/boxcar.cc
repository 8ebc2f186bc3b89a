#include "boxcar/boxcar.h"

#include <deque>
#include <map>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "run/engine_place.h"
#include "run/preferences.h"
#include "run/session.h"
#include "run/tools.h"

namespace boxcar {

// A step as it was said. Which ports `requires_step` means is only known from the images, at run().
struct StepDraft {
  std::string name;
  std::string image;
  std::vector<Argument> params;
  std::vector<Binding> inputs;
  std::vector<std::size_t> required;  // steps whose output this one reads
  StepOptions options;
};

struct OutputDraft {
  std::string name;
  std::size_t step;
  std::string port;
  std::string to;
};

struct WorkflowState {
  std::string name;
  std::string directory;
  std::deque<StepDraft> steps;
  std::vector<OutputDraft> outputs;
};

namespace {

// "$" is no reference here: whoever writes code has variables.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '$' ? "$$" : std::string(1, c);
  return out;
}

template <class T>
Value list_of(const std::vector<T>& values) {
  List list;
  for (auto&& value : values) list.emplace_back(static_cast<const T&>(value));
  return Value(std::move(list));
}

class ProgressObserver : public Observer {
 public:
  explicit ProgressObserver(const std::function<void(const std::string&)>& progress) : progress_(progress) {}

  void run_started(const Plan& plan, const std::vector<bool>&, const std::string&) override { plan_ = &plan; }
  void note(const std::string& text) override {
    if (progress_) progress_(text);
  }
  void step_changed(StepIndex step, const StepState& state) override {
    if (!progress_) return;
    std::string line = plan_->steps[step].name + ": " + std::string(name_of(state.status));
    if (!state.message.empty()) line += ": " + state.message;
    progress_(line);
  }

 private:
  const std::function<void(const std::string&)>& progress_;
  const Plan* plan_ = nullptr;
};

// Which ports `requires_step` means is told by the images.
class PortNames {
 public:
  explicit PortNames(const std::string& engine) : engine_(engine) {}

  Result<std::shared_ptr<const Tool>> tool_of(const std::string& image) {
    const auto known = tools_.find(image);
    if (known != tools_.end()) return known->second;
    if (!place_) {
      TRY(place_, EnginePlace::choose(engine_));
    }
    Images& images = place_->images(pool_);
    TRY(const auto resolved, images.resolve(image, PullPolicy::Missing));
    Findings findings;
    auto tool = declared_tool(images, *resolved, image, "", findings);
    if (tool) tools_.emplace(image, *tool);
    return tool;
  }

 private:
  const std::string engine_;
  Pool pool_;  // without threads until the place is chosen
  std::unique_ptr<EnginePlace> place_;
  std::map<std::string, std::shared_ptr<const Tool>> tools_;
};

Result<void> feed_required(const WorkflowState& state, const StepDraft& draft, PortNames& ports, Step& step) {
  for (std::size_t i = 0; i < draft.required.size(); ++i) {
    const StepDraft& from = state.steps[draft.required[i]];
    const auto reader = ports.tool_of(draft.image);
    const auto producer = ports.tool_of(from.image);
    if (!reader || !producer) return {};  // the planner says what is wrong, with all the rest
    if (i >= (*reader)->inputs.size() || (*producer)->outputs.empty()) {
      return fail(ErrorKind::Invalid,
                  "step '" + draft.name + "' has no input port left that could read '" + from.name + "'");
    }
    step.inputs.push_back({(*reader)->inputs[i].name, Link{from.name, (*producer)->outputs[0].name, ""}, {}});
  }
  return {};
}

Step step_of(const StepDraft& draft) {
  Step step;
  step.name = draft.name;
  step.image = std::make_shared<const std::string>(draft.image);
  step.params = draft.params;
  step.inputs = draft.inputs;
  step.options = std::make_unique<StepOptions>(draft.options);
  return step;
}

Result<Workflow> workflow_of(const WorkflowState& state, const std::string& engine) {
  Workflow workflow;
  workflow.name = state.name;
  workflow.directory = state.directory;
  PortNames ports(engine);
  for (const auto& draft : state.steps) {
    Step step = step_of(draft);
    CHECK_OK(feed_required(state, draft, ports, step));
    workflow.steps.push_back(std::move(step));
  }
  for (const auto& output : state.outputs) {
    workflow.outputs.push_back({output.name, Link{state.steps[output.step].name, output.port, ""}, output.to, {}});
  }
  return workflow;
}

RunSummary came_to_nothing(const Error& error) {
  RunSummary summary;
  summary.status = name_of(RunStatus::Failed);
  summary.problems.push_back(error.text());
  return summary;
}

RunSummary summary_of(const RunReport& report) {
  RunSummary summary;
  summary.id = report.run;
  summary.status = name_of(report.status);
  summary.seconds = report.seconds;
  for (const auto& finding : report.findings.all()) {
    if (finding.severity == Severity::Error) summary.problems.push_back(finding.text());
  }
  summary.problems.insert(summary.problems.end(), report.lost.begin(), report.lost.end());
  if (report.trouble && report.lost.empty()) summary.problems.push_back(report.trouble->text());
  for (StepIndex i = 0; i < report.steps.size(); ++i) {
    const auto& state = report.steps[i];
    summary.steps.push_back({report.plan.steps[i].name, std::string(name_of(state.status)), state.exit_code.value_or(0),
                             report.result_of(i), state.seconds, state.peak_memory, state.attempts, state.message});
  }
  return summary;
}

}  // namespace

StepBuilder& StepBuilder::param(std::string_view name, bool value) {
  return give(name, Value(value));
}
StepBuilder& StepBuilder::param(std::string_view name, int value) {
  return give(name, Value(value));
}
StepBuilder& StepBuilder::param(std::string_view name, std::int64_t value) {
  return give(name, Value(value));
}
StepBuilder& StepBuilder::param(std::string_view name, double value) {
  return give(name, Value(value));
}
StepBuilder& StepBuilder::param(std::string_view name, const char* value) {
  return param(name, std::string_view(value));
}
StepBuilder& StepBuilder::param(std::string_view name, std::string_view value) {
  return give(name, Value(escaped(value)));
}
StepBuilder& StepBuilder::param(std::string_view name, const std::vector<bool>& values) {
  return give(name, list_of(values));
}
StepBuilder& StepBuilder::param(std::string_view name, const std::vector<std::int64_t>& values) {
  return give(name, list_of(values));
}
StepBuilder& StepBuilder::param(std::string_view name, const std::vector<double>& values) {
  return give(name, list_of(values));
}
StepBuilder& StepBuilder::param(std::string_view name, const std::vector<std::string>& values) {
  std::vector<std::string> texts;
  for (const auto& value : values) texts.push_back(escaped(value));
  return give(name, list_of(texts));
}

StepBuilder& StepBuilder::give(std::string_view name, Value&& value) {
  workflow_->steps[index_].params.push_back({std::string(name), std::move(value), {}});
  return *this;
}

StepBuilder& StepBuilder::input(std::string_view port, const StepBuilder& from, std::string_view output,
                                std::string_view path_within) {
  Link link{workflow_->steps[from.index_].name, std::string(output), std::string(path_within)};
  workflow_->steps[index_].inputs.push_back({std::string(port), std::move(link), {}});
  return *this;
}

StepBuilder& StepBuilder::input(std::string_view port, std::string_view host_path) {
  HostPath path{absolute_path(host_path, workflow_->directory)};
  workflow_->steps[index_].inputs.push_back({std::string(port), std::move(path), {}});
  return *this;
}

StepBuilder& StepBuilder::requires_step(const StepBuilder& from) {
  workflow_->steps[index_].required.push_back(from.index_);
  return *this;
}

StepBuilder& StepBuilder::after(const StepBuilder& before) {
  workflow_->steps[index_].options.after.emplace_back(workflow_->steps[before.index_].name, Position{});
  return *this;
}

StepBuilder& StepBuilder::env(std::string_view name, std::string_view value) {
  workflow_->steps[index_].options.env.push_back({std::string(name), escaped(value), {}});
  return *this;
}

StepBuilder& StepBuilder::cpu(double cores) {
  Needs& needs = workflow_->steps[index_].options.needs;
  needs.limits.cpu = needs.requests.cpu = cores;
  return *this;
}

StepBuilder& StepBuilder::memory(std::uint64_t bytes) {
  Needs& needs = workflow_->steps[index_].options.needs;
  needs.limits.memory = needs.requests.memory = bytes;
  return *this;
}

StepBuilder& StepBuilder::network(bool on) {
  workflow_->steps[index_].options.network = on;
  return *this;
}

StepBuilder& StepBuilder::cache(bool enabled) {
  workflow_->steps[index_].options.cache.enabled = enabled;
  return *this;
}

StepBuilder& StepBuilder::retries(int times) {
  workflow_->steps[index_].options.retries = times;
  return *this;
}

StepBuilder& StepBuilder::timeout(double seconds) {
  workflow_->steps[index_].options.timeout = Seconds(seconds);
  return *this;
}

WorkflowBuilder::WorkflowBuilder(std::string_view name, std::string_view directory)
    : state_(std::make_shared<WorkflowState>()) {
  state_->name = name;
  state_->directory = absolute_path(directory.empty() ? "." : directory, current_directory());
}

StepBuilder WorkflowBuilder::step(std::string_view name, std::string_view image) {
  StepDraft draft;
  draft.name = name;
  draft.image = image;
  state_->steps.push_back(std::move(draft));
  return StepBuilder(state_, state_->steps.size() - 1);
}

void WorkflowBuilder::output(std::string_view name, const StepBuilder& from, std::string_view port,
                             std::string_view to) {
  state_->outputs.push_back({std::string(name), from.index_, std::string(port), absolute_path(to, state_->directory)});
}

RunSummary WorkflowBuilder::run(const RunSettings& settings) const {
  InterruptsBlocked blocked;
  RunRequest request;
  const auto engine = engine_name(settings.engine);
  if (!engine) return came_to_nothing(engine.error());
  auto workflow = workflow_of(*state_, *engine);
  if (!workflow) return came_to_nothing(workflow.error());
  request.large = workflow->steps.size() >= 1000;
  request.workflow = [&workflow](Findings&) { return std::optional(*std::move(workflow)); };
  request.store =
      settings.store.empty() ? state_->directory + "/.boxcar" : absolute_path(settings.store, current_directory());
  request.engine = *engine;
  request.jobs = settings.jobs;
  request.keep_going = settings.keep_going;
  request.targets = settings.targets;
  request.rerun = settings.rerun;
  ProgressObserver observer(settings.progress);
  const RunReport report = run_workflow(std::move(request), observer);
  if (report.status == RunStatus::Cancelled) blocked.take();
  return summary_of(report);
}

const StepSummary* RunSummary::step(std::string_view name) const {
  for (const auto& one : steps) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

std::string RunSummary::explanation() const {
  std::string out;
  for (const auto& problem : problems) out += problem + "\n";
  for (const auto& one : steps) {
    if (one.status == "failed") out += one.name + ": " + one.message + "\n";
  }
  return out;
}

}  // namespace boxcar
