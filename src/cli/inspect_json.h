// What `boxcar inspect --json` prints (docs/json.md).
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "model/workflow.h"

namespace boxcar {

// Of an image with one tool that tool, of one with templates what it says of itself and all of them.
nlohmann::ordered_json json_of_tools(const std::vector<Tool>& tools);
// Of what read_task() gave. Nothing that holds the password of its registry is shown.
nlohmann::ordered_json json_of_task(const Workflow& task);

// A text of a task: as it stood there, or "***" where it has the password in it.
std::string shown(const Step& task, const std::string& text);
// Also "***" where it came from boxcar's environment.
std::string shown_value(const Step& task, const Variable& variable);

}  // namespace boxcar
