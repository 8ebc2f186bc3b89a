#include "cli/tool_call.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/fd.h"
#include "base/text.h"
#include "cli/execute.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 5> kReserved{"input", "output", "work", "help", "param"};

// Whether it is one of boxcar's own.
bool own_option(const std::string& name) {
  Options options("boxcar tool", "", "");
  RunOptions run;
  run.declare(options, "");
  const auto names = options.names();
  return name == "parameters" || std::find(names.begin(), names.end(), "--" + name) != names.end();
}

bool reserved(std::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

class CallParser {
 public:
  CallParser(const Tool& tool, const std::string& image, const std::vector<std::string>& args, Findings& findings)
      : tool_(tool), image_(image), args_(args), findings_(findings) {}

  ToolCall parse() {
    while (at_ < args_.size()) {
      const std::string& arg = args_[at_++];
      if (arg == "-h" || arg == "--help") {
        call_.help = true;
        return call_;
      }
      if (arg == "--") {
        error("nothing is to be set apart by '--': what follows the image are the tool's options");
        continue;
      }
      if (!arg.starts_with("--")) {
        error(in_quotes(arg) + " is not an option of the tool; they begin with --");
        continue;
      }
      const auto equals = arg.find('=');
      std::optional<std::string> value;
      if (equals != std::string::npos) value = arg.substr(equals + 1);
      option(arg.substr(2, equals == std::string::npos ? equals : equals - 2), std::move(value));
    }
    for (auto& [parameter, texts] : given_) {
      auto parsed = parse_value(*parameter, texts);
      if (!parsed) {
        error("--" + parameter->name + ": " + parsed.error().text());
        continue;
      }
      call_.params.push_back({parameter->name, *std::move(parsed), {}});
    }
    return std::move(call_);
  }

 private:
  void error(std::string message) { findings_.error(image_, {}, std::move(message)); }

  void option(const std::string& name, std::optional<std::string> value) {
    if (name == "param") {
      auto pair = value ? value : next(name);
      if (!pair) return;
      const auto equals = pair->find('=');
      if (equals == std::string::npos) return error("--param takes NAME=VALUE, not " + in_quotes(*pair));
      return parameter(pair->substr(0, equals), pair->substr(equals + 1));
    }
    if (name == "input" || name == "output" || name == "work") {
      auto& place = name == "input" ? call_.input : name == "output" ? call_.output : call_.work;
      if (!value) value = next(name);
      if (value && value->empty()) return error("--" + name + " needs a directory");
      if (value) place = std::move(value);
      return;
    }
    parameter(name, std::move(value));
  }

  void parameter(const std::string& name, std::optional<std::string> value) {
    const Parameter* parameter = tool_.parameter(name);
    if (parameter == nullptr && name.starts_with("no-") && !value) {
      parameter = tool_.parameter(name.substr(3));
      if (parameter != nullptr && parameter->type == Type{Scalar::Bool, false}) return add(*parameter, "false");
      parameter = nullptr;
    }
    if (parameter == nullptr) {
      const auto meant = did_you_mean(name, tool_.parameter_names());
      error("the tool has no option '--" + printable(name) + "'" +
            (meant.empty() && own_option(name) ? "; boxcar's own options stand before the image" : meant));
      while (!value && at_ < args_.size() && !args_[at_].starts_with("--")) ++at_;
      return;
    }
    if (value) return add(*parameter, *value);
    if (parameter->type.list) {
      given_[parameter];  // an empty list is a list
      while (at_ < args_.size() && !args_[at_].starts_with("--")) add(*parameter, args_[at_++]);
      return;
    }
    if (parameter->type.scalar == Scalar::Bool) {
      const bool spelled = at_ < args_.size() && parse_value(*parameter, {args_[at_]}).has_value();
      return add(*parameter, spelled ? args_[at_++] : "true");
    }
    if (auto text = next(name)) add(*parameter, *text);
  }

  void add(const Parameter& parameter, std::string text) {
    auto& texts = given_[&parameter];
    if (!parameter.type.list && !texts.empty()) return error("--" + parameter.name + " is given twice");
    texts.push_back(std::move(text));
  }

  // A value may begin with "-" ("-30d"), but not with "--".
  std::optional<std::string> next(const std::string& name) {
    if (at_ < args_.size() && !args_[at_].starts_with("--")) return args_[at_++];
    error("--" + name + " needs a value");
    return std::nullopt;
  }

  const Tool& tool_;
  const std::string& image_;
  const std::vector<std::string>& args_;
  Findings& findings_;
  std::size_t at_ = 0;
  std::map<const Parameter*, std::vector<std::string>> given_;
  ToolCall call_;
};

std::string indented(const std::string& text, const std::string& indent) {
  std::string out;
  for (const auto line : lines(text)) out += indent + printable(line, 2000) + "\n";
  return out;
}

std::string help_of(const Parameter& parameter) {
  std::string head = "  " + std::string(reserved(parameter.name) ? "--param " : "--") + parameter.name +
                     (reserved(parameter.name) ? "=" : " ") + parameter.type.name() + (parameter.type.list ? " …" : "");
  const bool needed = parameter.required && !parameter.initial;
  if (needed) head += "  (required)";
  std::string body = parameter.label;
  if (!parameter.help.empty()) body += (body.empty() ? "" : "\n") + parameter.help;
  if (!parameter.choices.empty()) {
    body += body.empty() ? "One of:" : "\nOne of:";
    for (const auto& choice : parameter.choices) {
      body += "\n  " + choice.value.plain();
      if (!choice.label.empty() && choice.label != choice.value.plain()) body += "  " + choice.label;
    }
  }
  if (parameter.max_length) body += fmt::format("\nAt most {} characters.", *parameter.max_length);
  if (parameter.initial)
    body += "\nDefault: " + (parameter.initial->plain().empty() ? "\"\"" : parameter.initial->plain());
  if (body.starts_with("\n")) body.erase(0, 1);
  return head + "\n" + indented(body, "        ");
}

std::string section_text(const Tool& tool, const std::string& name) {
  const auto section =
      std::find_if(tool.sections.begin(), tool.sections.end(), [&](const Section& one) { return one.name == name; });
  const bool says_more = section != tool.sections.end() && section->description != name;
  return says_more ? indented(section->description, "  ") + "\n" : "";
}

}  // namespace

ToolCall parse_tool_call(const Tool& tool, const std::string& image, const std::vector<std::string>& args,
                         Findings& findings) {
  return CallParser(tool, image, args, findings).parse();
}

std::string tool_help(const Tool& tool, const std::string& usage) {
  std::string out = "Usage: " + usage + "\n";
  if (!tool.name.empty()) out += "\n" + printable(tool.name) + "\n";
  if (!tool.description.empty()) out += "\n" + indented(tool.description, "");
  for (const auto& [label, text] : {std::pair{"Author", tool.author}, {"E-mail", tool.email}, {"See", tool.url}}) {
    if (!text.empty()) out += fmt::format("{}: {}\n", label, printable(text));
  }
  out += "\nData:\n";
  if (tool.output("output") != nullptr && tool.output("output")->works_on == "work") {
    out += "  --work DIR\n        Read, and filled with the result after success.\n";
  } else {
    out += "  --input DIR\n        Read only.\n  --output DIR\n        Filled with the result after success.\n";
  }
  std::string section;
  for (const auto& parameter : tool.parameters) {
    if (parameter.section != section || &parameter == &tool.parameters.front()) {
      section = parameter.section;
      out += "\n" + (section.empty() ? "Parameters" : printable(section)) + ":\n" + section_text(tool, section);
    }
    out += help_of(parameter);
  }
  return out;
}

void add_step(Workflow& workflow, const std::string& name, const std::string& image, const Tool& tool, ToolCall call) {
  Step step;
  step.name = name;
  step.image = std::make_shared<const std::string>(image);
  step.params = std::move(call.params);
  const auto source = call.work ? call.work : call.input;
  if (source && !tool.inputs.empty()) {
    step.inputs.push_back({tool.inputs[0].name, HostPath{absolute_path(*source, workflow.directory)}, {}});
  }
  const auto destination = call.work ? call.work : call.output;
  if (destination && !tool.outputs.empty()) {
    const auto& port = tool.outputs[0].name;
    workflow.outputs.push_back({port, Link{name, port, ""}, absolute_path(*destination, workflow.directory), {}});
  }
  workflow.steps.push_back(std::move(step));
}

Result<std::vector<std::string>> split_words(const std::string& text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) {
      in_word = false;
      continue;
    }
    if (!in_word) {
      words.emplace_back();
      in_word = true;
    }
    if (quote != '\0' && c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      words.back() += text[++i];
    } else {
      words.back() += c;
    }
  }
  if (quote != '\0') return fail(ErrorKind::Invalid, std::string("a quote ") + quote + " is not closed");
  return words;
}

}  // namespace boxcar
