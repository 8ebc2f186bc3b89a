// What --monitor-memory says at the end of a run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "run/session.h"

namespace boxcar {

// "peak 12 MiB", or "peak at least 12 MiB" of a daemon's container: it is looked at now and then, and gone when it
// ends. So also of a result that was there, since any engine may have made it. `engine`: its name.
std::string peak_text(std::uint64_t bytes, StepStatus status, std::string_view engine);

// For each step that was wanted its peak, what its scale rules measured and gave, and a warning where one gave less.
std::string memory_report(const RunReport& report);
void print_memory(const RunReport& report);  // to stderr

}  // namespace boxcar
