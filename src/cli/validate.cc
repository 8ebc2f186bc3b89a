// boxcar validate FILE|IMAGE, kliko-validate [FILE]
#include <cstdio>

#include "base/text.h"
#include "base/version.h"
#include "cli/check_workflow.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/execute.h"
#include "cli/find_document.h"
#include "cli/task_variables.h"
#include "run/secrets.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

std::string_view format_name(Format format) {
  for (const auto& row : formats()) {
    if (row.format == format) return row.description;
  }
  return "unknown";
}

// "a tool as Kliko declares it, schema version 4", "a processing-container …, templates: a, b"
std::string what_it_is(const Validated& validated) {
  std::string text(format_name(validated.format));
  if (validated.format == Format::ProcessingContainer && !validated.tools.empty()) {
    std::vector<std::string> names;
    for (const auto& tool : validated.tools) names.push_back(tool.template_name);
    return text + (names.size() == 1 ? ", template: " : ", templates: ") + printable(join(names, ", "));
  }
  const auto versions = text.find(", schema versions");
  if (validated.tools.empty() || versions == std::string::npos) return text;
  return text.substr(0, versions) + ", schema version " + std::to_string(validated.tools[0].schema_version);
}

int validate(const Document& document, const std::string& engine, const TaskVariables& variables, bool json) {
  Findings findings;
  Validated validated = validate_document(document, surroundings_of(document.name, variables), findings);
  variables.warn_unless_task(document.name, validated.format, findings);
  const bool parameters = validated.format == Format::KlikoParameters;
  if (validated.workflow) {
    check_logins(*validated.workflow, Severity::Warning, findings);
    check_workflow(*std::move(validated.workflow), engine, MissingInputs::Refused, findings);
  }
  if (!findings.ok() || json) return say(findings, json);
  say(findings);  // warnings
  if (parameters) {
    std::printf("%s: reads as parameters; whether a tool takes them was not checked: --tool FILE|IMAGE does\n",
                document.name.c_str());
    return 0;
  }
  std::printf("%s: valid (%s)\n", document.name.c_str(), what_it_is(validated).c_str());
  return 0;
}

}  // namespace

int run_validate(const Args& args) {
  Options options("boxcar validate",
                  "Says everything that is wrong with a file, or with what an image declares, at once.",
                  "boxcar validate kliko.yml\n  boxcar validate kliko/simms\n  boxcar validate task.json --custom "
                  "patient=p1\n  boxcar validate parameters.json --tool kliko.yml");
  std::string what;
  std::string tool_file;
  std::string engine;
  bool json = false;
  TaskVariables variables;
  options.required("FILE|IMAGE", what, "A file, or the name of an image");
  options.value("--tool", tool_file, "The kliko.yml or image that a parameters.json is for", "FILE|IMAGE");
  declare_engine(options, engine, "Whose images are looked at");
  variables.declare(options);
  options.flag("--json", json, "Findings as JSON on stdout");
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = variables.complete(json)) return *code;

  const auto document = find_document(what, engine);
  if (!document) return say(document.error(), json);
  if (tool_file.empty()) return validate(*document, engine, variables, json);
  const auto declaration = find_document(tool_file, engine);
  if (!declaration) return say(declaration.error(), json);
  Findings findings;
  const auto tools = read_tools(*declaration, findings);
  if (tools.size() == 1) read_parameters(*document, tools[0], findings);
  if (!findings.ok() || json) return say(findings, json);
  std::printf("%s: valid for %s\n", document->name.c_str(), declaration->name.c_str());
  return 0;
}

int run_kliko_validate(const Args& args) {
  if (completing()) {
    complete_files();
    return 0;
  }
  if (!args.empty() && (args[0] == "--help" || args[0] == "-h")) {
    std::printf(
        "Usage: kliko-validate [FILE]\n\nSays whether a kliko.yml (default /kliko.yml) is valid.\n\n"
        "Example:\n  kliko-validate ./kliko.yml\n");
    return 0;
  }
  if (!args.empty() && args[0] == "--version") {
    std::printf("kliko-validate (boxcar %s)\n", version());
    return kDone;
  }
  const std::string path = args.empty() ? "/kliko.yml" : args[0];
  auto text = read_file(path);
  if (!text) return say(text.error());
  Findings findings;
  read_kliko({path, *std::move(text)}, findings);
  if (const int code = say(findings); code != 0) return code;
  std::printf("%s: valid\n", path.c_str());
  return 0;
}

}  // namespace boxcar
