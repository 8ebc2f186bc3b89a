// What `boxcar test` feeds a tool with: what the caller gives, else what lies in a folder of samples, else something
// made up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "model/workflow.h"

namespace boxcar {

// As it stands on the command line, "[TOOL<separator>]NAME=VALUE": of all tools that have the name, or of one. Names
// may hold the separator, so what is meant shows only beside a tool.
struct Given {
  std::string text;
  char separator = '.';
  bool used = false;

  std::string key() const;  // what stands before the first "="
  // The value, where `name` of the tool is meant.
  std::optional<std::string> value_of(const std::string& tool, const std::string& name) const;
};
// Invalid: there is no "=".
Result<Given> parse_given(const std::string& option, const std::string& text, char separator);
// What was meant by one that names nothing of any tool; `known`: by tool, the names that it has. `noun`: "parameter".
std::string unknown_given(const Given& given, const std::string& noun,
                          const std::vector<std::pair<std::string, std::vector<std::string>>>& known);

struct SamplesGiven {
  std::vector<Given> inputs;  // directories and files of the host
  std::vector<Given> values;
  std::string folder;    // absolute; in it TOOL/PORT or PORT, where these can be names of files. "": there is none
  std::string made_up;   // absolute: where what is made up goes, in folders that are numbered
  std::size_t made = 0;  // so many
};

struct Sample {
  std::vector<Argument> params;
  std::vector<Binding> inputs;
  std::vector<std::string> made_up;  // what of both was, for people: "input images"
};

// `tool_name`: as the caller calls it. Marks what it uses of what was given. What is wrong with a given value goes to
// the findings, under the name of `image`. An error: something could not be written.
Result<Sample> sample_of(const Tool& tool, const std::string& tool_name, SamplesGiven& given, const std::string& image,
                         Findings& findings);

}  // namespace boxcar
