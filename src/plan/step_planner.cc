#include "plan/step_planner.h"

#include <algorithm>
#include <tuple>

#include "base/clock.h"
#include "base/text.h"
#include "plan/fingerprint.h"

namespace boxcar {

namespace {

bool is_file(const Parameter& parameter) {
  return parameter.type.scalar == Scalar::File;
}

void refuse_what_is_not_supported(const StepOptions& options, const Spot& spot) {
  if (options.resources.gpus > 0) spot.error("gpus are not supported by this version");
}

// Whether there is a value is looked at before the run begins, not here: a plan can be made without any.
void check_secret(const SecretReference& secret, const StepOptions& options, const Spot& spot) {
  if (secret.name == "PATH" || secret.name == "HOME") spot.error(in_quotes(secret.name) + " can't be a secret");
  const auto same = [&](const Variable& variable) { return variable.name == secret.name; };
  if (std::any_of(options.env.begin(), options.env.end(), same)) {
    spot.error(in_quotes(secret.name) + " is both a secret and a variable under env");
  }
}

// What a runtime takes to start any container: below it fails in many ways, none of which says why.
constexpr std::uint64_t kLeastMemory = std::uint64_t{6} << 20;

void check_memory(const Resources& resources, const Spot& spot) {
  if (!resources.memory || *resources.memory >= kLeastMemory) return;
  spot.error("a memory limit of " + quantity(*resources.memory) + " is too small to start a container in, at least " +
             quantity(kLeastMemory) + " are needed");
}

void check_variable(const Variable& variable, const Spot& spot) {
  if (variable.name.empty() || variable.name.find('=') != std::string::npos) {
    spot.error("the name of an environment variable is not empty and holds no \"=\", found " +
               in_quotes(variable.name));
  }
  if ((variable.name + variable.value).find('\0') != std::string::npos) {
    spot.error("environment variable " + in_quotes(variable.name) + " holds a NUL byte");
  }
}

}  // namespace

StepPlanner::StepPlanner(const Links& links, const WorkflowValues& values, HostPaths& hosts)
    : links_(links), values_(values), hosts_(hosts) {
  known_options_.emplace(fingerprint(*defaults_), defaults_);
}

void StepPlanner::plan(StepIndex index, Step& step, const std::vector<Override>& overrides, PlannedStep& planned,
                       std::vector<Edge>& after, const Spot& spot) {
  index_ = index;
  known_ = links_.tools[index];
  planned_ = &planned;
  after_ = &after;
  planned.options = take_options(std::move(step.options), spot);
  if (known_) {
    planned.tool = known_->resolved;
    given_.assign(planned.tool->tool->parameters.size(), Given::No);
    linked_.assign(given_.size(), 0);
    fed_.assign(planned.tool->tool->inputs.size(), false);
    planned.inputs.reserve(step.inputs.size());
    planned.values.reserve(step.params.size());
    take_overrides(overrides, spot);
  }
  take_arguments(step.params, spot);
  take_bindings(step.inputs, spot);
  if (known_) take_defaults_and_look_for_gaps(spot);
  std::sort(planned.values.begin(), planned.values.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::sort(planned.inputs.begin(), planned.inputs.end(), [](const PlannedInput& a, const PlannedInput& b) {
    return std::tie(a.parameter, a.port, a.item) < std::tie(b.parameter, b.port, b.item);
  });
  step = Step();  // 100,000 steps are not kept twice
}

void StepPlanner::take_overrides(const std::vector<Override>& overrides, const Spot& spot) {
  for (const auto& each : overrides) {
    const Spot place = spot.setting(each.setting);
    const auto index = known_->parameters.find(each.parameter);
    if (!index) {
      say_unknown_parameter(each.parameter, place);
      continue;
    }
    const auto& parameter = known_->resolved->tool->parameters[*index];
    auto value = parse_value(parameter, parameter.type.list ? each.texts : std::vector{each.texts.back()});
    given_[*index] = Given::Overridden;
    if (value) {
      give(*index, std::move(*value), Origin::Caller, place);
    } else {
      place.error(value.error().message);
    }
  }
}

void StepPlanner::take_arguments(std::vector<Argument>& arguments, const Spot& spot) {
  for (auto& argument : arguments) {
    const Spot place = spot.moved(argument.at);
    if (!known_) {  // what can be said without its tool
      values_.expand(std::move(argument.value), WorkflowValues::Paths::Allowed, place);
      continue;
    }
    const auto index = known_->parameters.find(argument.name);
    if (!index) {
      say_unknown_parameter(argument.name, place);
      continue;
    }
    if (given_[*index] == Given::Overridden) continue;
    if (given_[*index] != Given::No) {
      place.error("parameter " + in_quotes(argument.name) + " is given twice");
      continue;
    }
    const bool file = is_file(known_->resolved->tool->parameters[*index]);
    const bool null = argument.value.is_null();
    auto value = values_.expand(std::move(argument.value),
                                file ? WorkflowValues::Paths::Allowed : WorkflowValues::Paths::Refused, place);
    if (value && value->is_null() && !null) continue;  // refers to a workflow input without a value
    given_[*index] = Given::Value;
    if (value) give(*index, std::move(*value), Origin::Workflow, place);
  }
}

void StepPlanner::give(std::uint32_t index, Value value, Origin origin, const Spot& spot) {
  const auto& parameter = known_->resolved->tool->parameters[index];
  if (const auto checked = check_value(parameter, value); !checked) {
    spot.error("parameter " + in_quotes(parameter.name) + ": " + checked.error().message);
    return;
  }
  const auto* list = value.list();
  if (!is_file(parameter) || value.is_null() || (list && list->empty())) {
    planned_->values.emplace_back(index, std::move(value));
    return;
  }
  const Taker taker{"parameter", parameter.name, PortKind::File};
  for (std::uint32_t item = 0; item < (list ? list->size() : 1); ++item) {
    const std::string& text = *(list ? (*list)[item] : value).text();
    // Who writes a link here means the output of a step.
    const auto step = links_.look_up(std::string_view(text).substr(0, text.find('/')));
    const std::string hint = step ? " (what step " + in_quotes(text.substr(0, text.find('/'))) +
                                        " puts out is fed under inputs: {" + parameter.name + ": " + text + "})"
                                  : "";
    auto path = hosts_.find(text, origin, taker, spot, hint);
    if (path) add_host_input({index, true, item, PlannedInput::kHost, 0, {}}, std::move(*path));
  }
}

void StepPlanner::add_host_input(PlannedInput input, std::string path) {
  input.path = std::move(path);
  planned_->inputs.push_back(std::move(input));
}

void StepPlanner::take_bindings(std::vector<Binding>& bindings, const Spot& spot) {
  for (auto& binding : bindings) {
    const Spot place = spot.moved(binding.at);
    if (!known_) {  // what can be said without its tool
      if (const auto* link = std::get_if<Link>(&binding.source)) {
        if (const auto end = links_.follow(*link, place)) after_->emplace_back(end->step, index_);
      } else if (const auto* reference = std::get_if<InputReference>(&binding.source)) {
        values_.find(reference->name, place);
      }
    } else if (auto where = place_of(binding, place)) {
      const auto port = where->input.port;
      const bool parameter = where->input.parameter;
      const bool fed = feed(std::move(*where), binding.source, place);
      if (!parameter) fed_[port] = fed;
      if (parameter && !fed && --linked_[port] == 0) given_[port] = Given::No;
    }
  }
}

// None, with a finding, when the tool has no such place, or when it is taken.
std::optional<StepPlanner::Place> StepPlanner::place_of(const Binding& binding, const Spot& spot) {
  const auto& tool = *known_->resolved->tool;
  if (const auto port = known_->inputs.find(binding.port)) {
    if (fed_[*port]) {
      spot.error("port " + in_quotes(binding.port) + " is fed twice");
      return std::nullopt;
    }
    return Place{{"port", tool.inputs[*port].name, tool.inputs[*port].kind}, {*port, false, 0, 0, 0, {}}};
  }
  const auto index = known_->parameters.find(binding.port);
  if (index && is_file(tool.parameters[*index])) {
    const auto& parameter = tool.parameters[*index];
    auto& given = given_[*index];
    if (given == Given::Overridden) return std::nullopt;
    if (given == Given::Value || (given == Given::Linked && !parameter.type.list)) {
      spot.error("parameter " + in_quotes(binding.port) + " is " +
                 (given == Given::Value ? "given under params and fed under inputs" : "fed twice"));
      return std::nullopt;
    }
    given = Given::Linked;
    return Place{{"parameter", parameter.name, PortKind::File}, {*index, true, linked_[*index]++, 0, 0, {}}};
  }
  if (index) {
    spot.error(in_quotes(binding.port) + " is no input port but a parameter (" + tool.parameters[*index].type.name() +
               "): its value stands under params");
    return std::nullopt;
  }
  auto names = known_->inputs.names();
  for (const auto& parameter : tool.parameters) {
    if (is_file(parameter)) names.push_back(parameter.name);
  }
  spot.error("there is no input port " + in_quotes(binding.port) + spot.hints(binding.port, names));
  return std::nullopt;
}

// False: nothing is fed, as the source has no value. Where something is wrong with it, that was said, and it counts as
// fed.
bool StepPlanner::feed(Place place, const Source& source, const Spot& spot) {
  if (const auto* link = std::get_if<Link>(&source)) {
    const auto end = links_.follow(*link, place.taker, spot);
    if (end && end->output) {
      place.input.step = end->step;
      place.input.output = *end->output;
      place.input.path = link->path;
      planned_->inputs.push_back(std::move(place.input));
    } else if (end) {
      after_->emplace_back(end->step, index_);  // for the cycles that it may close
    }
    return true;
  }
  place.input.step = PlannedInput::kHost;
  if (const auto* reference = std::get_if<InputReference>(&source)) {
    return feed_from_workflow_input(std::move(place), *reference, spot);
  }
  const auto text = values_.expand(std::get<HostPath>(source).path, WorkflowValues::Paths::Allowed, spot);
  auto path = text ? hosts_.find(*text, Origin::Workflow, place.taker, spot) : std::nullopt;
  if (path) add_host_input(std::move(place.input), std::move(*path));
  return true;
}

bool StepPlanner::feed_from_workflow_input(Place place, const InputReference& reference, const Spot& spot) {
  const auto* entry = values_.find(reference.name, spot);
  if (!entry || entry->broken) return true;
  const auto& type = entry->input->parameter.type;
  if (!entry->is_path() || type.list) {
    spot.error(place.taker.takes() + ", but workflow input " + in_quotes(reference.name) + " is a " + type.name());
    return true;
  }
  if (entry->value.is_null()) return false;
  const auto kind = entry->input->directory ? PortKind::Directory : PortKind::File;
  if (kind == place.taker.kind) {
    add_host_input(std::move(place.input), *entry->value.text());
  } else {
    spot.error(place.taker.takes() + ", but workflow input " + in_quotes(reference.name) + " is a " +
               std::string(name_of(kind)));
  }
  return true;
}

void StepPlanner::take_defaults_and_look_for_gaps(const Spot& spot) {
  const auto& tool = *known_->resolved->tool;
  for (std::uint32_t i = 0; i < tool.parameters.size(); ++i) {
    const auto& parameter = tool.parameters[i];
    if (given_[i] != Given::No) continue;
    if (parameter.initial) {
      if (is_file(parameter)) give(i, *parameter.initial, Origin::Workflow, spot);
    } else if (parameter.required) {
      spot.error("parameter " + in_quotes(parameter.name) + " (" + parameter.type.name() + ") needs a value");
    }
  }
  for (std::uint32_t i = 0; i < tool.inputs.size(); ++i) {
    const auto& port = tool.inputs[i];
    if (!fed_[i] && !port.optional && port.kind != PortKind::Stream) {
      spot.error("nothing feeds input port " + in_quotes(port.name) + ", which takes a " +
                 std::string(name_of(port.kind)));
    }
  }
}

std::shared_ptr<const StepOptions> StepPlanner::take_options(std::unique_ptr<StepOptions> options, const Spot& spot) {
  if (!options) return defaults_;
  for (const auto& [name, at] : options->after) {
    if (const auto before = links_.find(name, spot.moved(at))) after_->emplace_back(*before, index_);
  }
  for (auto& variable : options->env) {
    const Spot place = spot.moved(variable.at);
    auto value = values_.expand(variable.value, WorkflowValues::Paths::Refused, place);
    if (value) variable.value = std::move(*value);
    check_variable(variable, place);
  }
  for (auto& secret : options->secrets) {
    if (!secret.file.empty()) secret.file = hosts_.absolute(secret.file);
    check_secret(secret, *options, spot.moved(secret.at));
  }
  if (options->cache.direct && options->cache.enabled) {
    spot.error("direct: true goes with cache: false only, as what a container writes in place can't be kept");
  }
  refuse_what_is_not_supported(*options, spot);
  check_memory(options->resources, spot);

  auto& shared = known_options_[fingerprint(*options)];
  if (!shared) {
    options->after = {};
    options->tool.reset();
    options->template_name = {};
    shared = std::move(options);
  }
  return shared;
}

void StepPlanner::say_unknown_parameter(std::string_view name, const Spot& spot) const {
  if (known_->inputs.find(name)) {
    spot.error(in_quotes(name) + " is no parameter but an input port: it is fed under inputs");
  } else {
    spot.error("there is no parameter " + in_quotes(name) + spot.hints(name, known_->parameters.names()));
  }
}

}  // namespace boxcar
