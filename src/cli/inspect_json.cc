#include "cli/inspect_json.h"

#include <array>

#include "model/template.h"

namespace boxcar {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const ScaleRule& rule) {
  constexpr std::array<const char*, 3> kModes = {"sum", "max_file_size", "max_item_sum"};
  return {{"scale_factor", rule.factor},
          {"type", rule.limit ? "limit" : "request"},
          {"mode", kModes.at(static_cast<std::size_t>(rule.mode))},
          {"target_dir", rule.directory},
          {"target_regex", rule.regex},
          {"target_glob", rule.glob}};
}

Json json_of(const Resources& resources) {
  Json out = Json::object();
  if (resources.cpu) out["cpu"] = *resources.cpu;
  if (resources.memory) out["memory"] = *resources.memory;
  if (resources.gpus) out["gpus"] = *resources.gpus;
  return out;
}

Json json_of(const Needs& needs) {
  return {{"requests", json_of(needs.requests)}, {"limits", json_of(needs.limits)}};
}

Json json_of(const Parameter& parameter, bool variable) {
  Json out;
  out["name"] = parameter.name;
  out["type"] =
      variable && parameter.type.scalar == Scalar::Str ? Type{parameter.reads_as, false}.name() : parameter.type.name();
  out["required"] = parameter.required;
  if (parameter.initial) out["initial"] = Json::parse(parameter.initial->json(), nullptr, false);
  if (parameter.max_length) out["max_length"] = *parameter.max_length;
  for (const auto& choice : parameter.choices) out["choices"][choice.value.plain()] = choice.label;
  if (variable) out["adjustable"] = !parameter.fixed;
  out["label"] = parameter.label;
  out["help"] = parameter.help;
  out["section"] = parameter.section;
  return out;
}

Json json_of(const Port& port) {
  Json out = {{"name", port.name}, {"kind", name_of(port.kind)}, {"path", port.path}, {"optional", port.optional}};
  if (!port.help.empty()) out["help"] = port.help;
  if (port.scale) out["scale_rule"] = json_of(*port.scale);
  return out;
}

Json json_of(const Tool& tool) {
  Json out;
  out["format"] = tool.format;
  const bool is_template = !tool.template_name.empty();
  if (is_template) {
    out["template"] = tool.template_name;
  } else {
    out["schema_version"] = tool.schema_version;
    out["name"] = tool.name;
  }
  out["description"] = tool.description;
  if (!is_template) {
    out["author"] = tool.author;
    out["email"] = tool.email;
    out["url"] = tool.url;
    out["container"] = tool.container;
    out["mode"] = tool.mode;
  }
  out["command"] = tool.command;
  if (!is_template) {
    out["sections"] = Json::array();
    for (const auto& section : tool.sections) {
      out["sections"].push_back({{"name", section.name}, {"description", section.description}});
    }
  }
  out["parameters"] = Json::array();
  for (const auto& parameter : tool.parameters) out["parameters"].push_back(json_of(parameter, tool.environment));
  out["inputs"] = Json::array();
  for (const auto& port : tool.inputs) out["inputs"].push_back(json_of(port));
  out["outputs"] = Json::array();
  for (const auto& port : tool.outputs) out["outputs"].push_back(json_of(port));
  if (is_template) out["resources"] = json_of(tool.needs);
  return out;
}

Json json_of(const Credential& credential) {
  if (!credential.from.env.empty()) return {{"env", credential.from.env}};
  if (!credential.from.file.empty()) return {{"file", credential.from.file}};
  return "***";
}

}  // namespace

std::string shown(const Step& task, const std::string& text) {
  const auto& login = task.settings().login;
  const std::string plain = expand(text, [](std::string_view) { return Result<std::string>(""); }).value_or(text);
  const bool secret = login && !login->password.value.empty() && plain.find(login->password.value) != std::string::npos;
  return secret ? "***" : plain;
}

std::string shown_value(const Step& task, const Variable& variable) {
  return variable.unshown ? "***" : shown(task, variable.value);
}

Json json_of_tools(const std::vector<Tool>& tools) {
  const Tool& first = tools.front();
  if (first.template_name.empty()) return json_of(first);
  Json out = {
      {"format", first.format}, {"name", first.name}, {"description", first.of_image}, {"tools", Json::array()}};
  for (const auto& tool : tools) out["tools"].push_back(json_of(tool));
  return out;
}

Json json_of_task(const Workflow& task) {
  const Step& step = task.steps.front();
  const StepOptions& options = step.settings();
  Json out = {{"format", "kaapana-task"}, {"name", shown(step, task.name)}, {"image", shown(step, *step.image)}};
  out["template"] = options.tool ? json_of(*options.tool) : Json(shown(step, options.template_name));
  out["inputs"] = Json::array();
  for (const auto& input : step.inputs) {
    Json channel = {{"name", input.port}, {"host_path", shown(step, text_of(input.source))}};
    for (const auto& [port, rule] : options.scale) {
      if (port == input.port) channel["scale_rule"] = json_of(rule);
    }
    out["inputs"].push_back(std::move(channel));
  }
  out["outputs"] = Json::array();
  for (const auto& output : task.outputs)
    out["outputs"].push_back({{"name", output.name}, {"host_path", shown(step, output.to)}});
  out["env"] = Json::array();
  for (const auto& each : options.env) out["env"].push_back({{"name", each.name}, {"value", shown_value(step, each)}});
  out["command"] = Json::array();
  for (const auto& word : options.command) out["command"].push_back(shown(step, word));
  out["resources"] = json_of(options.needs);
  out["labels"] = Json::object();
  for (const auto& each : options.labels) out["labels"][each.name] = shown(step, each.value);
  if (options.login)
    out["registry"] = {{"url", shown(step, options.login->registry)},
                       {"username", json_of(options.login->username)},
                       {"password", json_of(options.login->password)}};
  return out;
}

}  // namespace boxcar
