// Environment variables that say how boxcar works.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace boxcar {

std::string environment(const char* name);  // "" where it is not set
std::vector<std::string> all_variables();   // "NAME=value"
// A whole number of seconds above 0; `otherwise` where it is none.
std::chrono::seconds environment_seconds(const char* name, std::chrono::seconds otherwise);

}  // namespace boxcar
