#include "plan/step_planner.h"

#include <algorithm>
#include <tuple>

#include "base/clock.h"
#include "base/text.h"
#include "plan/fingerprint.h"
#include "plan/make_action.h"

namespace boxcar {

namespace {

bool is_file(const Parameter& parameter) {
  return parameter.type.scalar == Scalar::File;
}

bool is_secret(const StepOptions& options, std::string_view name) {
  return std::any_of(options.secrets.begin(), options.secrets.end(),
                     [&](const SecretReference& secret) { return secret.name == name; });
}

// The step's and its tool's together: each by itself may be right.
void check_needs(const Needs& needs, const StepOptions& options, const Spot& spot) {
  for (const auto& conflict : conflicts(needs)) spot.error("it " + conflict.text);
  const auto& limit = needs.limits.memory;
  if (limit && *limit < kLeastMemory) spot.error(too_small_to_start(*limit));
  if (limit && options.max_memory && *options.max_memory < *limit) {
    spot.error("max_memory is " + quantity(*options.max_memory) + ", less than the limit that grows, " +
               quantity(*limit));
  }
}

void check_command(const PlannedStep& step, const Spot& spot) {
  if (step.tool->image && !command_of(step).start_something())
    spot.error("there is no command to run, neither with its tool nor in the image");
}

void check_variable(const Variable& variable, const Spot& spot) {
  if (variable.name.empty() || variable.name.find('=') != std::string::npos) {
    spot.error("the name of an environment variable is not empty and holds no \"=\", found " +
               in_quotes(variable.name));
  }
  if (has_nul(variable.name) || has_nul(variable.value)) {
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
  if (step.options) check_secrets(step, spot);
  if (known_ && step.options) {
    if (known_->resolved->tool->environment) adopt_variables(step);
    check_scale(*step.options, spot);
  }
  const Spot gaps = spot.moved(step.options && step.options->values_at.line != 0 ? step.options->values_at : spot.at);
  const bool whole = !step.options || !step.options->partial;
  const bool says_where = step.options && step.options->resources_at.line != 0;
  planned.resources_at = says_where ? step.options->resources_at : spot.at;
  planned.options = take_options(std::move(step.options), spot);
  if (known_) {
    planned.tool = known_->resolved;
    if (whole) check_command(planned, spot.moved(step.image_at));
  }
  check_needs(known_ ? needs_of(planned) : planned.options->needs, *planned.options, spot.moved(planned.resources_at));
  if (known_) {
    given_.assign(planned.tool->tool->parameters.size(), Given::No);
    linked_.assign(given_.size(), 0);
    fed_.assign(planned.tool->tool->inputs.size(), false);
    planned.inputs.reserve(step.inputs.size());
    planned.values.reserve(step.params.size());
    take_overrides(overrides, spot);
  }
  take_arguments(step.params, spot);
  take_bindings(step.inputs, spot);
  if (known_ && whole) {
    take_defaults(spot);
    look_for_gaps(spot, gaps);
  }
  std::sort(planned.values.begin(), planned.values.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::sort(planned.inputs.begin(), planned.inputs.end(), [](const PlannedInput& a, const PlannedInput& b) {
    return std::tie(a.parameter, a.port, a.item) < std::tie(b.parameter, b.port, b.item);
  });
  step = Step();  // 100,000 steps are not kept twice
}

// Whether there is a value is looked at before the run begins, not here: a plan can be made without any.
void StepPlanner::check_secrets(const Step& step, const Spot& spot) const {
  const bool takes_variables = known_ && known_->resolved->tool->environment;
  const auto named = [](const std::string& name) { return [&](const auto& one) { return one.name == name; }; };
  for (const auto& secret : step.options->secrets) {
    const Spot place = spot.moved(secret.at);
    const auto& [env, params] = std::tie(step.options->env, step.params);
    if (secret.name == "PATH" || secret.name == "HOME") place.error(in_quotes(secret.name) + " can't be a secret");
    if (std::any_of(env.begin(), env.end(), named(secret.name))) {
      place.error(in_quotes(secret.name) + " is both a secret and a variable under env");
    } else if (takes_variables && std::any_of(params.begin(), params.end(), named(secret.name))) {
      place.error(in_quotes(secret.name) + " is both a secret and a parameter under params");
    }
  }
}

// What stands under env and is a parameter of a tool that takes them so is checked as one.
void StepPlanner::adopt_variables(Step& step) const {
  auto& env = step.options->env;
  const auto own = std::stable_partition(
      env.begin(), env.end(), [&](const Variable& variable) { return !known_->parameters.find(variable.name); });
  for (auto each = own; each != env.end(); ++each)
    step.params.push_back({std::move(each->name), Value(std::move(each->value)), each->at, each->unshown});
  env.erase(own, env.end());
}

void StepPlanner::check_scale(const StepOptions& options, const Spot& spot) const {
  for (const auto& [port, rule] : options.scale) {
    if (known_->inputs.find(port)) continue;
    spot.moved(rule.at).error("a scale rule is for an input port, and there is no " + in_quotes(port) +
                              spot.hints(port, known_->inputs.names()));
  }
}

void StepPlanner::take_overrides(const std::vector<Override>& overrides, const Spot& spot) {
  for (const auto& each : overrides) {
    const Spot place = spot.setting(*each.given.setting);
    const auto index = known_->parameters.find(each.parameter);
    if (!index) {
      say_unknown_parameter(each.parameter, place);
      continue;
    }
    const auto& parameter = known_->resolved->tool->parameters[*index];
    auto value = each.given.value_for(parameter);
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
    if (value && argument.unshown) {
      give_unshown(*index, std::move(*value), place);
    } else if (value) {
      give(*index, std::move(*value), Origin::Workflow, place);
    }
  }
}

void StepPlanner::give(std::uint32_t index, Value value, Origin origin, const Spot& spot) {
  const auto& parameter = known_->resolved->tool->parameters[index];
  if (known_->resolved->tool->environment && !value.is_null() && !value.list()) {
    value = Value(value.plain());
    if (has_nul(*value.text())) {
      return spot.error("environment variable " + in_quotes(parameter.name) + " holds a NUL byte");
    }
  }
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

// What is wrong with it is said without it.
void StepPlanner::give_unshown(std::uint32_t index, Value value, const Spot& spot) {
  const auto& parameter = known_->resolved->tool->parameters[index];
  const bool fixed = parameter.fixed && parameter.initial;
  if (fixed || check_value(parameter, value)) return give(index, std::move(value), Origin::Workflow, spot);
  spot.error("parameter " + in_quotes(parameter.name) + ": expected " + expected_of(parameter) +
             ", found something else (not shown, as it may be a secret)");
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
      } else if (const auto path =
                     values_.expand(std::get<HostPath>(binding.source).path, WorkflowValues::Paths::Allowed, place);
                 path && !path->empty()) {
        hosts_.look(*path, Taker{"input", binding.port}.text(), place);
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
  const auto* path = entry->value.text();
  if (!path) return false;
  const auto kind = entry->input->directory ? PortKind::Directory : PortKind::File;
  if (kind == place.taker.kind) {
    add_host_input(std::move(place.input), *path);
  } else {
    spot.error(place.taker.takes() + ", but workflow input " + in_quotes(reference.name) + " is a " +
               std::string(name_of(kind)));
  }
  return true;
}

void StepPlanner::take_defaults(const Spot& spot) {
  const auto& parameters = known_->resolved->tool->parameters;
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    const auto& initial = parameters[i].initial;
    if (given_[i] == Given::No && initial && is_file(parameters[i])) give(i, *initial, Origin::Workflow, spot);
  }
}

void StepPlanner::look_for_gaps(const Spot& spot, const Spot& of_values) {
  const auto& tool = *known_->resolved->tool;
  for (std::uint32_t i = 0; i < tool.parameters.size(); ++i) {
    const auto& parameter = tool.parameters[i];
    if (given_[i] != Given::No || parameter.initial || !parameter.required) continue;
    if (tool.environment && is_secret(*planned_->options, parameter.name)) continue;
    const Type type = parameter.type.scalar == Scalar::Str ? Type{parameter.reads_as, false} : parameter.type;
    of_values.error("parameter " + in_quotes(parameter.name) + " (" + type.name() + ") needs a value");
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
  }
  if (options->cache.direct && options->cache.enabled) {
    spot.error("direct: true goes with cache: false only, as what a container writes in place can't be kept");
  }

  auto& shared = known_options_[fingerprint(*options)];
  if (!shared) {
    options->after = {};
    options->tool.reset();
    options->template_name = {};
    options->login.reset();
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
