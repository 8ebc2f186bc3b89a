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

constexpr std::array<const char*, 5> kReserved{"input", "output", "work", "help", "param"};

// boxcar's own, which stand before the image.
std::vector<std::string> own_options() {
  Options options("boxcar tool", "", "");
  RunOptions run;
  run.declare(options, "");
  auto names = options.names();
  names.emplace_back("--parameters");
  return names;
}

// Of a port, rather than the beginning of a path.
bool looks_like_name(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos && !text.starts_with('.') && !text.starts_with('~');
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
      if (!value) value = next(name);
      if (value && value->empty()) return error("--" + name + " needs a directory");
      if (value) place(name, *std::move(value));
      return;
    }
    parameter(name, std::move(value));
  }

  void place(const std::string& option, std::string value) {
    if (option == "work") {
      call_.work = std::move(value);
      return;
    }
    const auto& ports = option == "input" ? tool_.inputs : tool_.outputs;
    auto& places = option == "input" ? call_.inputs : call_.outputs;
    const std::string name = value.substr(0, value.find('='));
    std::vector<std::string> names;
    for (const auto& port : ports) names.push_back(port.name);
    const bool named = name != value && std::find(names.begin(), names.end(), name) != names.end();
    if (!named && ports.empty()) return error("--" + option + ": the tool has no " + option);
    if (!named && name != value && looks_like_name(name) && !exists(value)) {
      const bool one = ports.size() == 1;  // then a path alone would do
      const std::string meant = did_you_mean(name, names);
      const std::string known = (one ? " (there is: " : " (there are: ") + printable(join(names, ", ")) + ")";
      return error("--" + option + ": there is no port " + in_quotes(name) + (meant.empty() ? known : meant) +
                   (one ? ", nor a path " + in_quotes(value) + "; for a path write ./" + printable(value) : ""));
    }
    if (!named && ports.size() > 1) {
      return error("--" + option + " takes PORT=DIR here, not " + in_quotes(value) +
                   " (the ports are: " + printable(join(names, ", ")) + ")");
    }
    const std::string& port = named ? name : names.front();
    if (std::any_of(places.begin(), places.end(), [&](const PortPath& other) { return other.port == port; }))
      return error("--" + option + " is given twice" + (ports.size() > 1 ? " for " + in_quotes(port) : ""));
    places.push_back({port, named ? value.substr(name.size() + 1) : std::move(value)});
  }

  void parameter(const std::string& name, std::optional<std::string> value) {
    const Parameter* parameter = tool_.parameter(name);
    if (parameter == nullptr && name.starts_with("no-") && !value) {
      parameter = tool_.parameter(name.substr(3));
      if (parameter != nullptr && parameter->type == Type{Scalar::Bool, false}) return add(*parameter, "false");
      parameter = nullptr;
    }
    if (parameter == nullptr) {
      error("the tool has no option " + in_quotes("--" + name) + meant_by("--" + name));
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

  // What may have been meant by an option that the tool has not.
  std::string meant_by(const std::string& option) const {
    std::vector<std::string> known;
    for (const auto& name : tool_.parameter_names()) known.push_back("--" + name);
    for (const auto* name : kReserved) known.push_back(std::string("--") + name);
    if (const auto meant = did_you_mean(option, known); !meant.empty()) return meant;
    const auto own = own_options();
    const bool right = std::find(own.begin(), own.end(), option) != own.end();
    const auto meant = right ? "" : did_you_mean(option, own);
    return right || !meant.empty() ? meant + "; boxcar's own options stand before the image" : "";
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
  const bool text = parameter.type.scalar == Scalar::Str;
  const Type type{text ? parameter.reads_as : parameter.type.scalar, parameter.type.list};
  std::string head = "  " + std::string(reserved(parameter.name) ? "--param " : "--") + parameter.name +
                     (reserved(parameter.name) ? "=" : " ") + type.name() + (parameter.type.list ? " …" : "");
  const bool needed = parameter.required && !parameter.initial;
  if (needed) head += "  (required)";
  if (parameter.fixed) head += "  (not adjustable)";
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

std::string ports_help(const std::string& option, const std::vector<Port>& ports, const std::string& meaning) {
  std::string out;
  for (const auto& port : ports) {
    const std::string name = printable(port.name);
    const bool said = option == "--" + name;  // Kliko's have the names of the options
    out += "  " + option + (ports.size() > 1 ? " " + name + "=DIR\n" : said ? " DIR\n" : " [" + name + "=]DIR\n");
    if (!port.help.empty()) out += indented(port.help, "        ");
    out += "        " + meaning + "\n";
  }
  return out;
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
    out += ports_help("--input", tool.inputs, "Read only.");
    out += ports_help("--output", tool.outputs, "Filled with the result after success.");
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

std::string templates_help(const std::vector<Tool>& tools, const std::string& usage) {
  std::string out = "Usage: " + usage + "\n\n" + printable(tools.front().name) + "\n";
  if (!tools.front().of_image.empty()) out += "\n" + indented(tools.front().of_image, "");
  out += "\nTemplates (with --help behind one, its own options):\n";
  for (const auto& tool : tools) {
    out += "  --template " + printable(tool.template_name) + "\n" + indented(tool.description, "        ");
  }
  return out;
}

void add_step(Workflow& workflow, const std::string& name, const std::string& image, const Tool& tool, ToolCall call) {
  Step step;
  step.name = name;
  step.image = std::make_shared<const std::string>(image);
  step.params = std::move(call.params);
  if (call.work && !tool.inputs.empty()) call.inputs = {{tool.inputs[0].name, *call.work}};
  if (call.work && !tool.outputs.empty()) call.outputs = {{tool.outputs[0].name, *call.work}};
  for (const auto& [port, path] : call.inputs)
    step.inputs.push_back({port, HostPath{absolute_path(path, workflow.directory)}, {}});
  for (const auto& [port, path] : call.outputs)
    workflow.outputs.push_back({port, Link{name, port, ""}, absolute_path(path, workflow.directory), {}});
  if (!tool.template_name.empty()) {
    step.options = std::make_unique<StepOptions>();
    step.options->template_name = tool.template_name;
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
