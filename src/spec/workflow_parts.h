// The parts of boxcar's own notation; workflow.cc reads a document with them.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "model/workflow.h"
#include "spec/fields.h"

namespace boxcar {

// Reads one step after the other. 100,000 of them name few images, so these are shared.
class StepReader {
 public:
  explicit StepReader(Report& report) : report_(report) {}
  Step read(const Node& name, const Node& node);

 private:
  std::shared_ptr<const std::string> read_image(const Fields& fields, Position& at);

  Report& report_;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> images_;
};

// `tool:` of a step, for an image that declares nothing.
Tool read_inline_tool(const Node& node, const Subject& subject, Report& report);
// `resources:`, `retry_memory:` and `max_memory:` of a step.
void read_step_resources(const Fields& step, StepOptions& options, Report& report);
// A parameter with type, default, help and choices. `directory` is set for the type directory, which is only known
// where it is not null.
Parameter read_parameter(const Node& name, const Node& node, std::string_view noun, bool* directory, Report& report);

// Letters, digits, '_', '-' and, with `dots`, '.'; not '-' or '.' first. Reports what is none.
bool check_name(const Node& name, std::string_view noun, bool dots, Report& report);
// The references in `text` are closed and begin with "inputs.".
void check_references(const std::string& text, Position at, const Subject& subject, Report& report);

}  // namespace boxcar
