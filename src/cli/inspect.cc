// boxcar inspect FILE|IMAGE
#include <cstdio>

#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/find_document.h"
#include "cli/inspect_json.h"
#include "cli/inspect_text.h"
#include "cli/task_variables.h"
#include "cli/tool_call.h"

namespace boxcar {

namespace {

void print(const nlohmann::ordered_json& json) {
  std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int run_inspect(const Args& args) {
  Options options(
      "boxcar inspect",
      "Shows what an image or a file declares: parameters, ports, command; of an image with templates each of\n"
      "them; of a task.json what it asks for. No container is started.",
      "boxcar inspect kliko/simms --json\n  boxcar inspect task.json --custom patient=p1");
  std::string what;
  std::string engine;
  bool json = false;
  TaskVariables variables;
  options.required("FILE|IMAGE", what, "The name of an image; a kliko.yml, processing-container.json or task.json");
  declare_engine(options, engine, "Whose images are looked at");
  variables.declare(options);
  options.flag("--json", json, "As JSON on stdout");
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = variables.complete(json)) return *code;

  const auto document = find_document(what, engine);
  if (!document) return say(document.error(), json);
  Findings findings;
  if (detect_format(*document) == Format::Task) {
    const auto task = read_task(*document, surroundings_of(document->name, variables), findings);
    findings.sort();
    if (!task || !findings.ok()) return say(findings, json);
    json ? print(json_of_task(*task)) : void(std::fputs(text_of_task(*task).c_str(), stdout));
    return 0;
  }
  const auto tools = read_tools(*document, findings);
  if (tools.empty() || !findings.ok()) return say(findings, json);
  if (json) {
    print(json_of_tools(tools));
  } else if (tools.front().template_name.empty()) {
    std::fputs(tool_help(tools.front(), "boxcar tool " + what + " [options]").c_str(), stdout);
  } else {
    std::fputs(text_of_templates(tools, document->name == what ? "IMAGE" : what).c_str(), stdout);
  }
  return 0;
}

}  // namespace boxcar
