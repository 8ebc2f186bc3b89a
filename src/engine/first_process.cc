#include "engine/first_process.h"

#include <signal.h>

#include <cstdlib>
#include <string>

#include "base/fd.h"

namespace boxcar {

bool leaves_sigterm_to_the_kernel(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status", 1 << 16).value_or("");
  for (const char* set : {"\nSigCgt:\t", "\nSigIgn:\t", "\nSigBlk:\t"}) {
    const std::size_t at = status.find(set);
    if (at == std::string::npos) return true;
    const auto signals = std::strtoull(status.c_str() + at + std::char_traits<char>::length(set), nullptr, 16);
    if ((signals >> (SIGTERM - 1) & 1) != 0) return false;
  }
  return true;
}

}  // namespace boxcar
