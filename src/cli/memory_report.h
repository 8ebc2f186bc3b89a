// What --monitor-memory says at the end of a run.
#pragma once

#include <string>

#include "run/session.h"

namespace boxcar {

// For each step that was wanted its peak, what its scale rules measured and gave, and a warning where one gave less.
std::string memory_report(const RunReport& report);
void print_memory(const RunReport& report);  // to stderr

}  // namespace boxcar
