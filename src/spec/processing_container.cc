// /processing-container.json of Kaapana's Task API, api_version 1 (docs/formats/kaapana.md).
#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/text.h"
#include "spec/json.h"
#include "spec/kaapana.h"
#include "spec/ports.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 4> kTopKeys = {"name", "description", "api_version", "templates"};
constexpr std::array<std::string_view, 7> kTemplateKeys = {"identifier", "description", "inputs",   "outputs",
                                                           "env",        "command",     "resources"};
constexpr std::array<std::string_view, 6> kVariableKeys = {"name",        "value", "choices",
                                                           "description", "type",  "adjustable"};
constexpr std::array<std::string_view, 4> kMountKeys = {"name", "mounted_path", "description", "scale_rule"};

// The types that the platform's forms know, all of them texts in the end.
struct TypeWord {
  std::string_view word;
  Scalar scalar;
};
constexpr std::array<TypeWord, 8> kTypes = {{{"string", Scalar::Str},
                                             {"str", Scalar::Str},
                                             {"int", Scalar::Int},
                                             {"integer", Scalar::Int},
                                             {"float", Scalar::Float},
                                             {"number", Scalar::Float},
                                             {"bool", Scalar::Bool},
                                             {"boolean", Scalar::Bool}}};

class TemplateReader {
 public:
  TemplateReader(const Node& node, Report& report)
      : fields_(node, kaapana_subject("template", node, "identifier"), kTemplateKeys, report, Unknown::PassedOver),
        report_(report),
        inputs_("input channel", report),
        outputs_("output channel", report),
        variables_("environment variable", report) {}

  Tool read() {
    tool_.format = "kaapana";
    tool_.environment = true;
    tool_.keeps_entrypoint = true;
    if (!fields_.is_mapping()) return {};
    if (const auto* name = fields_.need("identifier")) {
      tool_.template_name = fields_.text("identifier").value_or("");
      if (name->kind == Node::Kind::String && tool_.template_name.empty())
        fields_.expected("identifier", *name, "a name that is not empty");
    }
    fields_.need("description");
    tool_.description = fields_.text("description").value_or("");
    read_channels("inputs", true);
    read_channels("outputs", false);
    read_environment();
    tool_.command = read_kaapana_command(fields_);
    check_places(tool_, "channel", report_);
    tool_.needs = read_kaapana_resources(fields_, report_);
    return std::move(tool_);
  }

 private:
  void read_channels(std::string_view key, bool input) {
    fields_.need(key);
    const auto* channels = fields_.sequence(key);
    if (channels == nullptr) return;
    for (const auto& node : Items(*channels)) {
      if (auto port = read_channel(node, input)) (input ? tool_.inputs : tool_.outputs).push_back(*std::move(port));
    }
  }

  std::optional<Port> read_channel(const Node& node, bool input) {
    const Fields channel(node, kaapana_subject("channel", node, "name"), kMountKeys, report_, Unknown::PassedOver);
    if (!channel.is_mapping()) return std::nullopt;
    Port port;
    port.at = node.at;
    port.name = read_channel_name(channel);
    const bool fresh = port.name.empty() || (input ? inputs_ : outputs_).add(port.name, node.at);
    channel.need("mounted_path");
    port.path = read_container_path(channel, "mounted_path", PathEnd::SlashDropped).value_or("");
    if (const auto* path = channel.find("mounted_path")) port.at = path->at;
    port.help = channel.text("description").value_or("");
    if (auto rule = read_channel_rule(channel, input, report_))
      port.scale = std::make_shared<const ScaleRule>(*std::move(rule));
    if (!fresh || port.path.empty() || port.name.empty()) return std::nullopt;
    return port;
  }

  void read_environment() {
    fields_.need("env");
    const auto* env = fields_.sequence("env");
    if (env == nullptr) return;
    for (const auto& node : Items(*env)) {
      if (auto parameter = read_variable(node)) tool_.parameters.push_back(*std::move(parameter));
    }
  }

  std::optional<Parameter> read_variable(const Node& node) {
    const Fields variable(node, kaapana_subject("environment variable", node, "name"), kVariableKeys, report_,
                          Unknown::PassedOver);
    if (!variable.is_mapping()) return std::nullopt;
    Parameter parameter;
    parameter.at = node.at;
    parameter.name = read_variable_name(variable);
    parameter.help = variable.text("description").value_or("");
    parameter.reads_as = read_kind(variable);
    const bool fixed = !variable.boolean("adjustable").value_or(true);
    read_choices(variable, parameter);
    read_value(variable, node, parameter);
    if (fixed && parameter.required)
      report_.error(node.at, variable.subject().text() + " is not adjustable and has no value: nobody can give it one");
    parameter.fixed = fixed;
    if (parameter.name.empty() || !variables_.add(parameter.name, node.at)) return std::nullopt;
    return parameter;
  }

  // null, and an empty text that is none of the choices or not of the type: there is no default, somebody has to give
  // one.
  void read_value(const Fields& variable, const Node& node, Parameter& parameter) {
    const Node* value = Pairs(node).find("value");
    if (value == nullptr) {
      variable.need("value");
      return;
    }
    const auto text = variable.text("value");
    if (!text && value->kind != Node::Kind::Null) return;
    if (text && has_nul(*text)) return variable.expected("value", *value, "a string without a NUL byte");
    const auto right = check_value(parameter, Value(text.value_or("")));
    if (text && right) {
      parameter.initial = Value(*text);
    } else if (text && !text->empty()) {
      report_.error(value->at, variable.subject().text() + ", 'value': " + right.error().message);
    } else {
      parameter.required = true;
    }
  }

  Scalar read_kind(const Fields& variable) {
    const auto word = variable.text("type");
    if (!word) return Scalar::Str;
    const auto known = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& one) { return one.word == *word; });
    if (known != kTypes.end()) return known->scalar;
    std::vector<std::string> words;
    for (const auto& one : kTypes) words.emplace_back(one.word);
    report_.warn(variable.find("type")->at, variable.subject().text() + ": the type " + in_quotes(*word) +
                                                " is not known" + did_you_mean(*word, words) +
                                                "; it is taken for a string");
    return Scalar::Str;
  }

  // An empty list: any value is allowed.
  void read_choices(const Fields& variable, Parameter& parameter) {
    const auto* choices = variable.sequence("choices");
    if (choices == nullptr) return;
    for (const auto& node : Items(*choices)) {
      if (node.kind != Node::Kind::String) {
        variable.expected("choices", node, "a string (in quotes)");
      } else if (const auto right = check_value(parameter, Value(node.text)); !right) {
        report_.error(node.at, variable.subject().text() + ", 'choices': " + right.error().message);
      } else {
        add_choice(variable, node, parameter.choices);
      }
    }
    if (!parameter.choices.empty()) parameter.type.scalar = Scalar::Choice;
  }

  void add_choice(const Fields& variable, const Node& node, std::vector<Choice>& choices) {
    const auto same = [&](const Choice& other) { return other.label == node.text; };
    if (std::none_of(choices.begin(), choices.end(), same)) {
      choices.push_back({Value(node.text), node.text});
    } else {
      report_.warn(node.at, variable.subject().text() + ", 'choices': " + in_quotes(node.text) + " stands twice");
    }
  }

  const Fields fields_;
  Report& report_;
  Names inputs_;
  Names outputs_;
  Names variables_;
  Tool tool_;
};

}  // namespace

Tool read_task_template(const Node& node, Report& report) {
  return TemplateReader(node, report).read();
}

std::vector<Tool> read_processing_container(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto tree = read_json(document.text, report);
  if (!tree) return {};
  const Fields top(tree->root(), {"processing-container.json"}, kTopKeys, report, Unknown::PassedOver);
  if (!top.is_mapping()) return {};
  read_api_version(top);
  top.need("name");
  const auto name = top.text("name").value_or("");
  top.need("description");
  const auto description = top.text("description").value_or("");
  top.need("templates");
  const auto* templates = top.sequence("templates");
  if (templates == nullptr) return {};
  if (Items(*templates).empty()) top.expected("templates", *templates, "at least one template");
  std::vector<Tool> tools;
  Names identifiers("template", report);
  for (const auto& node : Items(*templates)) {
    Tool tool = read_task_template(node, report);
    tool.name = name;
    tool.of_image = description;
    if (tool.template_name.empty() || !identifiers.add(tool.template_name, node.at)) continue;
    tools.push_back(std::move(tool));
  }
  return tools;
}

}  // namespace boxcar
