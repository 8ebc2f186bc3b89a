// What tools or settings must have in common to be shared by the steps that say the same. Internal to the planner.
#pragma once

#include <string>

#include "model/workflow.h"

namespace boxcar {

// Unequal for unequal ones; positions and texts for people do not count.
std::string fingerprint(const Tool& tool);
std::string fingerprint(const StepOptions& options);  // without template, tool, login and `after`
std::string fingerprint(const RegistryLogin& login);  // from which nobody learns what it is

}  // namespace boxcar
