// The options of a tool on the command line, made from what its image declares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "model/workflow.h"

namespace boxcar {

struct PortPath {
  std::string port;
  std::string path;  // of the host
};

struct ToolCall {
  std::vector<Argument> params;
  std::vector<PortPath> inputs;     // --input DIR, where there is one port, or PORT=DIR
  std::vector<PortPath> outputs;    // --output, likewise
  std::optional<std::string> work;  // --work DIR
  bool help = false;                // --help: nothing else counts
};

// "--name value", "--name=value", "--list a b c", "--flag", "--no-flag", and "--param name=value" for a parameter that
// has the name of one of the reserved: input, output, work, help, param. All mistakes at once; `image` stands for the
// file.
ToolCall parse_tool_call(const Tool& tool, const std::string& image, const std::vector<std::string>& args,
                         Findings& findings);

// --help of a tool: each option with type, label, help, default, choices, and whether it must be given.
std::string tool_help(const Tool& tool, const std::string& usage);

// The same of an image with several tools, of which none is named: which there are.
std::string templates_help(const std::vector<Tool>& tools, const std::string& usage);

// A step that runs the tool as the call says; its ports are fed and copied by `inputs`, `outputs`, `work`. Relative
// paths count from `workflow.directory`.
void add_step(Workflow& workflow, const std::string& name, const std::string& image, const Tool& tool, ToolCall call);

// "IMAGE --p 'a value'" as a shell splits it: quotes and backslashes, no expansion. Invalid when a quote is not closed.
Result<std::vector<std::string>> split_words(const std::string& text);

}  // namespace boxcar
