// The tool that a step declares for an image which declares none, and the parameters of boxcar's own notation.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "model/template.h"
#include "spec/parameter.h"
#include "spec/ports.h"
#include "spec/workflow_parts.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 4> kToolKeys = {"command", "params", "inputs", "outputs"};
constexpr std::array<std::string_view, 3> kPortKeys = {"kind", "path", "optional"};
constexpr std::array<std::string_view, 3> kKinds = {"directory", "file", "stream"};
constexpr std::array<std::string_view, 4> kParameterKeys = {"type", "default", "help", "choices"};
constexpr std::array<std::string_view, 12> kTypes = {"str",        "int",         "float",      "bool",
                                                     "choice",     "file",        "List[str]",  "List[int]",
                                                     "List[bool]", "List[float]", "List[file]", "directory"};

// Where a port lies in the container when the author does not say. A file that ends in "/" keeps its own name.
std::string default_path(const Port& port, bool input) {
  const bool directory = port.kind == PortKind::Directory;
  if (input) return "/input/" + port.name + (directory ? "" : "/");
  return "/output/" + port.name + (directory ? "" : "/" + port.name);
}

class ToolReader {
 public:
  ToolReader(const Node& node, const Subject& step, Report& report)
      : fields_(node, {"the tool of step", step.name}, kToolKeys, report), report_(report) {}

  Tool read() {
    tool_.format = "boxcar";
    if (!fields_.is_mapping()) return {};
    if (const auto* params = fields_.mapping("params")) {
      for (const auto& [name, node] : Pairs(*params)) {
        tool_.parameters.push_back(read_parameter(name, node, "parameter", nullptr, report_));
      }
    }
    read_ports("inputs", true);
    read_ports("outputs", false);
    read_command();
    check_places(tool_, "port", report_);
    return std::move(tool_);
  }

 private:
  void read_ports(std::string_view key, bool input) {
    const auto* ports = fields_.mapping(key);
    if (ports == nullptr) return;
    for (const auto& [name, node] : Pairs(*ports)) {
      if (!check_name(name, "a port", true, report_)) continue;
      (input ? tool_.inputs : tool_.outputs).push_back(read_port(name, node, input));
    }
  }

  Port read_port(const Node& name, const Node& node, bool input) {
    Port port;
    port.name = name.text;
    port.at = name.at;
    if (node.kind != Node::Kind::Null) {  // "data:" alone is a directory
      const Fields fields(node, {"port", name.text}, kPortKeys, report_);
      port.kind = static_cast<PortKind>(fields.word("kind", kKinds).value_or(0));
      port.optional = fields.boolean("optional").value_or(false);
      const bool may_end_in_slash = input && port.kind != PortKind::Directory;
      port.path = read_container_path(fields, "path", may_end_in_slash ? PathEnd::Slash : PathEnd::Plain).value_or("");
      const auto below_root = port.path.rfind('/') != 0;
      if (!port.path.empty() && !input && port.kind != PortKind::Directory && !below_root) {
        fields.expected("path", *fields.find("path"), "a file in a directory of its own (/out/NAME)");
        port.path.clear();
      }
    }
    if (port.path.empty()) port.path = default_path(port, input);
    return port;
  }

  void read_command() {
    const auto* command = fields_.need("command");
    if (command == nullptr) return;
    if (!command->is_sequence() || Items(*command).empty()) {
      fields_.expected("command", *command,
                       "a list of the program and its arguments ([sort, -u, …]; for a shell: [sh, -c, \"…\"])");
      return;
    }
    for (const auto& word : Items(*command)) {
      if (!word.is_scalar() || word.kind == Node::Kind::Null) {
        fields_.expected("command", word, "a string");
        continue;
      }
      if (!fields_.is_argument("command", word)) continue;
      check_word(word);
      tool_.command.push_back(word.text);
    }
  }

  void check_word(const Node& word) {
    const auto names = references(word.text);
    if (!names) {
      report_.error(word.at, fields_.subject().text() + ", 'command': " + names.error().message);
      return;
    }
    for (const auto& name : *names) {
      const auto dot = std::min(name.find('.'), name.size());
      const auto kind = name.substr(0, dot);
      const auto rest = dot < name.size() ? name.substr(dot + 1) : std::string();
      std::vector<std::string> known;
      if (kind == "inputs") {
        for (const auto& port : tool_.inputs) known.push_back(port.name);
      } else if (kind == "outputs") {
        for (const auto& port : tool_.outputs) known.push_back(port.name);
      } else if (kind == "params") {
        known = tool_.parameter_names();
      } else {
        report_.error(word.at, fields_.subject().text() +
                                   ", 'command': expected ${inputs.NAME}, ${outputs.NAME} or ${params.NAME}, found " +
                                   in_quotes("${" + name + "}") + " (write $${ for the text ${)");
        continue;
      }
      if (std::find(known.begin(), known.end(), rest) != known.end()) continue;
      report_.error(word.at, fields_.subject().text() + ", 'command': " + in_quotes("${" + name + "}") +
                                 " names nothing among the tool's own '" + kind + "'" + did_you_mean(rest, known));
    }
  }

  const Fields fields_;
  Report& report_;
  Tool tool_;
};

}  // namespace

Tool read_inline_tool(const Node& node, const Subject& subject, Report& report) {
  return ToolReader(node, subject, report).read();
}

Parameter read_parameter(const Node& name, const Node& node, std::string_view noun, bool* directory, Report& report) {
  Parameter parameter;
  parameter.name = name.text;
  parameter.at = name.at;
  check_name(name, noun, false, report);
  const Fields fields(node, {noun, name.text}, kParameterKeys, report);
  if (!fields.is_mapping()) return parameter;
  const auto names = std::span(kTypes).first(kTypes.size() - (directory == nullptr ? 1 : 0));
  const auto type = read_type(fields, names);
  parameter.type = type.value_or(Type{});
  if (directory != nullptr) *directory = type && fields.find("type")->text == "directory";
  parameter.help = fields.text("help").value_or("");
  parameter.choices = read_choices(fields, "choices", true, report);
  const bool choice = type && type->scalar == Scalar::Choice;
  if (choice && parameter.choices.empty()) {
    if (fields.need("choices")) fields.expected("choices", *fields.find("choices"), "at least one choice");
  } else if (type && !choice && fields.find("choices")) {
    report.error(fields.find("choices")->at, fields.subject().text() + ": only the type choice has 'choices'");
  }
  if (type) parameter.initial = read_initial(fields, "default", parameter, report);
  parameter.required = fields.find("default") == nullptr;
  return parameter;
}

}  // namespace boxcar
