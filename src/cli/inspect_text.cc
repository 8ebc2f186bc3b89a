#include "cli/inspect_text.h"

#include <fmt/core.h>

#include <array>

#include "base/clock.h"
#include "base/text.h"
#include "cli/inspect_json.h"
#include "cli/shell_word.h"

namespace boxcar {

namespace {

constexpr std::size_t kLongest = 2000;

std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const auto line : lines(text)) out += indent + printable(line, kLongest) + "\n";
  return out;
}

std::string rule_text(const ScaleRule& rule) {
  constexpr std::array<const char*, 3> kMeasures = {"all files", "the largest file", "the largest item"};
  std::string out = fmt::format("memory {}: {} x the size of {}", rule.limit ? "limit" : "request", rule.factor,
                                kMeasures.at(static_cast<std::size_t>(rule.mode)));
  if (!rule.directory.empty()) out += " below " + printable(rule.directory);
  if (rule.glob != "*") out += " named " + printable(rule.glob);
  if (rule.regex != ".*") out += " matching " + printable(rule.regex);
  return out + "\n";
}

std::string resources_text(const Resources& resources) {
  std::vector<std::string> parts;
  if (resources.cpu) parts.push_back(fmt::format("cpu {:g}", *resources.cpu));
  if (resources.memory) parts.push_back("memory " + quantity(*resources.memory));
  if (resources.gpus) parts.push_back(fmt::format("gpu {}", *resources.gpus));
  return join(parts, ", ");
}

std::string needs_text(const Needs& needs) {
  const std::string requests = resources_text(needs.requests);
  const std::string limits = resources_text(needs.limits);
  std::string out;
  if (!requests.empty()) out += "  requests: " + requests + "\n";
  if (!limits.empty()) out += "  limits: " + limits + "\n";
  return out.empty() ? "" : "\nResources:\n" + out;
}

std::string channels_text(const std::string& heading, const std::vector<Port>& ports) {
  std::string out;
  for (const auto& port : ports) {
    out += "  " + printable(port.name) + "  at " + printable(port.path) + "\n" + indented(port.help, "        ");
    if (port.scale) out += "        " + rule_text(*port.scale);
  }
  return out.empty() ? "" : "\n" + heading + ":\n" + out;
}

std::string variable_text(const Parameter& variable) {
  std::vector<std::string> notes;
  if (variable.reads_as != Scalar::Str) notes.push_back(Type{variable.reads_as, false}.name());
  if (variable.required && !variable.initial) notes.emplace_back("a value must be given");
  if (variable.fixed) notes.emplace_back("not adjustable");
  std::string out = "  " + printable(variable.name);
  if (variable.initial) out += "=" + printable(variable.initial->plain(), kLongest);
  if (!notes.empty()) out += "  (" + join(notes, "; ") + ")";
  out += "\n" + indented(variable.help, "        ");
  std::vector<std::string> choices;
  for (const auto& choice : variable.choices)
    choices.push_back(choice.label.empty() ? "\"\"" : printable(choice.label));
  if (!choices.empty()) out += "        one of: " + join(choices, ", ") + "\n";
  return out;
}

std::string template_text(const Tool& tool) {
  std::string out = "Template " + printable(tool.template_name) + "\n" + indented(tool.description, "  ");
  if (!tool.command.empty()) out += "\nCommand:\n  " + shell_words(tool.command) + "\n";
  out += channels_text("Input channels", tool.inputs) + channels_text("Output channels", tool.outputs);
  if (!tool.parameters.empty()) out += "\nEnvironment:\n";
  for (const auto& variable : tool.parameters) out += variable_text(variable);
  return out + needs_text(tool.needs);
}

}  // namespace

std::string text_of_templates(const std::vector<Tool>& tools, const std::string& image) {
  std::string out = printable(tools.front().name) + "\n" + indented(tools.front().of_image, "  ");
  for (const auto& tool : tools) {
    out += "\n" + template_text(tool) + "\nRun it with: boxcar tool " + printable(image) + " --template " +
           printable(tool.template_name) + " [options]\n";
  }
  return out;
}

std::string text_of_task(const Workflow& task) {
  const Step& step = task.steps.front();
  const StepOptions& options = step.settings();
  const auto show = [&](const std::string& text) { return printable(shown(step, text), kLongest); };
  std::string out = "Task " + show(task.name) + "\n  image: " + show(*step.image) + "\n";
  if (!options.tool) out += "  template: " + show(options.template_name) + "\n";
  if (!step.inputs.empty()) out += "\nInput channels:\n";
  for (const auto& input : step.inputs) {
    out += "  " + printable(input.port) + "  from " + show(text_of(input.source)) + "\n";
    for (const auto& [port, rule] : options.scale) {
      if (port == input.port) out += "        " + rule_text(rule);
    }
  }
  if (!task.outputs.empty()) out += "\nOutput channels:\n";
  for (const auto& output : task.outputs) out += "  " + printable(output.name) + "  to " + show(output.to) + "\n";
  if (!options.env.empty()) out += "\nEnvironment:\n";
  for (const auto& each : options.env)
    out += "  " + printable(each.name) + "=" + printable(shown_value(step, each), kLongest) + "\n";
  std::vector<std::string> command;
  for (const auto& word : options.command) command.push_back(shown(step, word));
  if (!command.empty()) out += "\nCommand:\n  " + shell_words(command) + "\n";
  out += needs_text(options.needs);
  if (options.login) out += "\nRegistry: " + show(options.login->registry) + ", with a login\n";
  if (options.tool) out += "\n" + template_text(*options.tool);
  return out;
}

}  // namespace boxcar
