// The options of a tool on the command line, made from what its image declares.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "model/workflow.h"

namespace boxcar {

struct ToolCall {
  std::vector<Argument> params;
  std::optional<std::string> input;   // --input DIR
  std::optional<std::string> output;  // --output DIR
  std::optional<std::string> work;    // --work DIR
  bool help = false;                  // --help: nothing else counts
};

// "--name value", "--name=value", "--list a b c", "--flag", "--no-flag", and "--param name=value" for a parameter that
// has the name of one of the reserved: input, output, work, help, param. All mistakes at once; `image` stands for the
// file.
ToolCall parse_tool_call(const Tool& tool, const std::string& image, const std::vector<std::string>& args,
                         Findings& findings);

// --help of a tool: each option with type, label, help, default, choices, and whether it must be given.
std::string tool_help(const Tool& tool, const std::string& usage);

// A step that runs the tool as the call says; in and out ports of directories are fed and copied by `input`, `output`,
// `work`. Relative paths count from `workflow.directory`.
void add_step(Workflow& workflow, const std::string& name, const std::string& image, const Tool& tool, ToolCall call);

// "IMAGE --p 'a value'" as a shell splits it: quotes and backslashes, no expansion. Invalid when a quote is not closed.
Result<std::vector<std::string>> split_words(const std::string& text);

}  // namespace boxcar
