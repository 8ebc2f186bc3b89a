#include "plan/make_action.h"

#include <algorithm>
#include <unordered_set>

#include "base/fd.h"
#include "base/text.h"
#include "model/template.h"
#include "plan/names.h"

namespace boxcar {

namespace {

constexpr std::string_view kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view name_of_variable(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

bool is_root(std::string_view user) {
  const auto name = user.substr(0, user.find(':'));
  return name.empty() || name == "0" || name == "root";
}

// `parameters`: of a tool that takes them so, "NAME=value".
std::vector<std::string> environment(const Image& image, std::vector<std::string> parameters,
                                     const StepOptions& options) {
  std::vector<std::string> env;
  env.reserve(2 + image.env.size() + parameters.size() + options.env.size());
  const auto set = [&](std::string variable) {
    const auto name = name_of_variable(variable);
    if (name.empty() || name.size() == variable.size())
      return;  // an image may hold a name without "=": it sets nothing
    const auto place =
        std::lower_bound(env.begin(), env.end(), name,
                         [](const std::string& one, std::string_view other) { return name_of_variable(one) < other; });
    if (place != env.end() && name_of_variable(*place) == name) {
      *place = std::move(variable);
    } else {
      env.insert(place, std::move(variable));
    }
  };
  set(std::string(kPath));
  set(is_root(image.user) ? "HOME=/root" : "HOME=/");
  for (const auto& variable : image.env) set(variable);
  for (auto& parameter : parameters) set(std::move(parameter));
  for (const auto& variable : options.env) set(variable.name + "=" + variable.value);
  return env;
}

// Of a float every form is one: 10 and 10.0 are the same value, so they must be the same key.
Value as_declared(const Value& value, const Type& type) {
  if (type.scalar != Scalar::Float) return value;
  if (const auto* whole = value.integer()) return Value(static_cast<double>(*whole));
  const List* list = value.list();
  if (list == nullptr) return value;
  List floats;
  for (const Value& each : *list) floats.push_back(as_declared(each, {Scalar::Float, false}));
  return Value(std::move(floats));
}

// Makes one action; lives as long as the call.
class Maker {
 public:
  Maker(const PlannedStep& step, const std::function<Result<Content>(const PlannedInput&)>& content_of)
      : step_(step), tool_(*step.tool->tool), image_(*step.tool->image), content_of_(content_of) {}

  Result<Action> make() {
    CHECK_OK(feed_inputs());
    merge_values();
    fix_outputs();
    if (!tool_.parameters_path.empty()) {
      action_.parameters = parameters_json();
      action_.parameters_path = tool_.parameters_path;
    }
    CHECK_OK(fix_argv());
    std::sort(action_.inputs.begin(), action_.inputs.end(), [](const ActionInput& a, const ActionInput& b) {
      return std::tie(a.port, a.path) < std::tie(b.port, b.path);
    });
    fix_rest();
    for (const auto& variable : action_.env) {
      if (has_nul(variable))
        return fail(ErrorKind::Invalid,
                    "environment variable " + in_quotes(name_of_variable(variable)) + " holds a NUL byte");
    }
    return std::move(action_);
  }

 private:
  // Ports first, then `file` parameters: the order of the step's inputs.
  Result<void> feed_inputs() {
    action_.inputs.reserve(tool_.inputs.size() + step_.inputs.size());
    paths_.resize(tool_.inputs.size());
    files_.resize(tool_.parameters.size());
    auto next = step_.inputs.begin();
    for (std::uint32_t port = 0; port < tool_.inputs.size(); ++port) {
      const bool fed = next != step_.inputs.end() && !next->parameter && next->port == port;
      CHECK_OK(feed_port(port, fed ? &*next++ : nullptr));
    }
    while (next != step_.inputs.end()) {
      const auto first = next;
      while (next != step_.inputs.end() && next->port == first->port) ++next;
      CHECK_OK(feed_parameter(first->port, {first, next}));
    }
    // Programs look into that directory also where there is nothing for them.
    const bool empty = std::all_of(files_.begin(), files_.end(), [](const Value& file) { return file.is_null(); });
    if (empty && !tool_.param_files_dir.empty()) {
      action_.inputs.push_back({"param_files", PortKind::Directory, tool_.param_files_dir, false, {}, {}});
    }
    return {};
  }

  Result<void> feed_port(std::uint32_t index, const PlannedInput* input) {
    const Port& port = tool_.inputs[index];
    if (!input && port.kind != PortKind::Directory) return {};
    ActionInput fed;
    fed.port = port.name;
    fed.kind = port.kind;
    fed.required = !port.optional;
    fed.path = port.path;
    if (input) {
      TRY(auto content, content_of_(*input));
      CHECK_OK(check_kind(*input, "port '" + port.name + "'", port.kind, content));
      if (port.kind == PortKind::File && fed.path.ends_with('/')) fed.path += base_name(content.path);
      fed.content = content.digest;
      fed.source = std::move(content.path);
    }
    while (fed.path.size() > 1 && fed.path.back() == '/') fed.path.pop_back();
    paths_[index] = fed.path;
    action_.inputs.push_back(std::move(fed));
    return {};
  }

  Result<void> feed_parameter(std::uint32_t index, std::span<const PlannedInput> inputs) {
    const Parameter& parameter = tool_.parameters[index];
    const std::string place =
        join_path(tool_.param_files_dir.empty() ? "/param_files" : tool_.param_files_dir, parameter.name);
    List paths;
    std::unordered_set<std::string> taken;
    for (const auto& input : inputs) {
      TRY(auto content, content_of_(input));
      CHECK_OK(check_kind(input, "parameter '" + parameter.name + "'", PortKind::File, content));
      ActionInput fed;
      fed.port = parameter.name;
      fed.kind = PortKind::File;
      fed.required = parameter.required;
      fed.path = place;
      if (parameter.type.list) {
        const std::string name = distinct(std::string(base_name(content.path)), taken);
        fed.port += "/" + name;
        fed.path += "/" + name;
      }
      fed.content = content.digest;
      fed.source = std::move(content.path);
      paths.emplace_back(fed.path);
      action_.inputs.push_back(std::move(fed));
    }
    files_[index] = parameter.type.list ? Value(std::move(paths)) : std::move(paths.front());
    return {};
  }

  // a.txt, then 2-a.txt, 3-a.txt
  static std::string distinct(const std::string& name, std::unordered_set<std::string>& taken) {
    std::string result = name;
    for (std::size_t i = 2; !taken.insert(result).second; ++i) result = std::to_string(i) + "-" + name;
    return result;
  }

  static Result<void> check_kind(const PlannedInput& input, const std::string& what, PortKind wanted,
                                 const Content& content) {
    if (content.kind == wanted) return {};
    const auto& found = input.path.empty() ? content.path : input.path;
    return fail(ErrorKind::Invalid, what + " takes a " + std::string(name_of(wanted)) + ", but " + in_quotes(found) +
                                        " is a " + std::string(name_of(content.kind)));
  }

  // By parameter: what was given, the path of its file, or its default.
  void merge_values() {
    values_.resize(tool_.parameters.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto& parameter = tool_.parameters[i];
      if (!files_[i].is_null()) {
        values_[i] = &files_[i];
      } else if (parameter.initial && parameter.type.scalar != Scalar::File) {
        values_[i] = &*parameter.initial;
      } else {
        values_[i] = &nothing();
      }
    }
    for (const auto& [index, value] : step_.values) values_[index] = &value;
  }

  static const Value& nothing() {
    static const Value null;
    return null;
  }

  void fix_outputs() {
    action_.outputs.reserve(tool_.outputs.size());
    for (const auto& port : tool_.outputs) {
      action_.outputs.push_back({port.name, port.kind, port.path, !port.optional, port.works_on});
    }
    std::sort(action_.outputs.begin(), action_.outputs.end(),
              [](const ActionOutput& a, const ActionOutput& b) { return a.port < b.port; });
  }

  // Sorted by name, so that the order in which a document declares its parameters changes nothing.
  std::string parameters_json() const {
    std::vector<std::uint32_t> order(values_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return tool_.parameters[a].name < tool_.parameters[b].name; });
    std::string json = "{";
    for (const auto index : order) {
      if (json.size() > 1) json += ", ";
      json += json_quote(tool_.parameters[index].name);
      json += ": ";
      as_declared(*values_[index], tool_.parameters[index].type).append_json(json);
    }
    return json + "}";
  }

  Result<void> fix_argv() {
    const auto words = command_of(step_);
    action_.argv.reserve(words.entrypoint.size() + words.rest.size());
    for (const auto part : {words.entrypoint, words.rest})
      action_.argv.insert(action_.argv.end(), part.begin(), part.end());
    const bool of_image = tool_.command.empty() && step_.options->command.empty();
    for (auto& word : action_.argv) {
      if (!of_image && !tool_.keeps_entrypoint && word.find('$') != std::string::npos) {
        TRY(word, expand(word, [&](std::string_view name) { return text_of_reference(name); }));
      }
      if (has_nul(word)) return fail(ErrorKind::Invalid, "a word of its command holds a NUL byte");
    }
    if (action_.argv.empty() || action_.argv.front().empty())
      return fail(ErrorKind::Invalid, "there is no command to run");
    return {};
  }

  // A null, or a port that nothing feeds and that is a file, is an empty text.
  Result<std::string> text_of_reference(std::string_view reference) {
    const auto dot = std::min(reference.find('.'), reference.size());
    const auto kind = reference.substr(0, dot);
    const auto name = reference.substr(std::min(dot + 1, reference.size()));
    if (kind == "inputs") {
      if (!inputs_) inputs_.emplace(tool_.inputs);
      if (const auto port = inputs_->find(name)) return paths_[*port];
    } else if (kind == "outputs") {
      if (!outputs_) outputs_.emplace(tool_.outputs);
      if (const auto port = outputs_->find(name)) return tool_.outputs[*port].path;
    } else if (kind == "params") {
      if (!parameters_) parameters_.emplace(tool_.parameters);
      if (const auto index = parameters_->find(name)) {
        return values_[*index]->is_null() ? std::string()
                                          : as_declared(*values_[*index], tool_.parameters[*index].type).plain();
      }
    }
    return fail(ErrorKind::Invalid,
                "the tool's command names '${" + printable(reference) + "}', which it does not have");
  }

  std::vector<std::string> parameter_variables() const {
    std::vector<std::string> variables;
    if (!tool_.environment) return variables;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (!values_[i]->is_null()) variables.push_back(tool_.parameters[i].name + "=" + values_[i]->plain());
    }
    return variables;
  }

  void fix_rest() {
    action_.image = step_.tool->image;
    action_.env = environment(image_, parameter_variables(), *step_.options);
    action_.user = image_.user;
    action_.working_dir = image_.working_dir.empty() ? "/" : image_.working_dir;
    action_.network = step_.options->network;
    const Needs needs = needs_of(step_);
    action_.gpu = gpus_of(needs) > 0;
    for (const auto& secret : step_.options->secrets) action_.secrets.push_back(secret.name);
    std::sort(action_.secrets.begin(), action_.secrets.end());
    action_.step = step_.name;
    action_.needs = needs;
    action_.labels = step_.options->labels;
    action_.timeout = step_.options->timeout;
  }

  const PlannedStep& step_;
  const Tool& tool_;
  const Image& image_;
  const std::function<Result<Content>(const PlannedInput&)>& content_of_;
  Action action_;
  std::optional<NameIndex<Port>> inputs_, outputs_;  // made when the command first refers to one
  std::optional<NameIndex<Parameter>> parameters_;
  std::vector<std::string> paths_;    // by input port
  std::vector<Value> files_;          // by parameter: the paths of its files in the container, or null
  std::vector<const Value*> values_;  // by parameter
};

}  // namespace

Needs needs_of(const PlannedStep& step) {
  const Needs& own = step.options->needs;
  const Needs& declared = step.tool->tool->needs;
  return {own.requests.or_else(declared.requests), own.limits.or_else(declared.limits)};
}

bool CommandWords::start_something() const {
  const auto& first = entrypoint.empty() ? rest : entrypoint;
  return !first.empty() && !first.front().empty();
}

CommandWords command_of(const PlannedStep& step) {
  const Image& image = *step.tool->image;
  const Tool& tool = *step.tool->tool;
  const auto& command = step.options->command.empty() ? tool.command : step.options->command;
  CommandWords words;
  // [""] is how the entrypoint of a base image is taken away; Docker starts the cmd then.
  const bool taken_away = image.entrypoint.size() == 1 && image.entrypoint.front().empty();
  if (!taken_away && (command.empty() || tool.keeps_entrypoint)) words.entrypoint = image.entrypoint;
  words.rest = command.empty() ? image.cmd : command;
  return words;
}

Result<Action> make_action(const PlannedStep& step,
                           const std::function<Result<Content>(const PlannedInput&)>& content_of) {
  return Maker(step, content_of).make();
}

}  // namespace boxcar
