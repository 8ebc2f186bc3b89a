// What `boxcar inspect` shows to people of Kaapana's documents.
#pragma once

#include <string>
#include <vector>

#include "model/workflow.h"

namespace boxcar {

// `image`: for the command that runs a template.
std::string text_of_templates(const std::vector<Tool>& tools, const std::string& image);
// Of what read_task() gave. Nothing that holds the password of its registry is shown.
std::string text_of_task(const Workflow& task);

}  // namespace boxcar
