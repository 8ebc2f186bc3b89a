// What lies in an output, for messages.
#pragma once

#include <string>

namespace boxcar {

// Of a `path` that is not in what `step` left in its output `port`, at `directory`: that, and what is there instead.
std::string not_in_output(const std::string& step, const std::string& port, const std::string& directory,
                          const std::string& path);

}  // namespace boxcar
