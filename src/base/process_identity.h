// Which process made something, told to others that may find it later: the mark on what has no lock to hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace boxcar {

// When it began, /proc/PID/stat field 22, so that a reused pid is not taken for it; 0: there is no such process.
std::uint64_t process_start(int pid);

// This process, in a word that none of another machine, or of another time, has.
std::string process_identity();
// Whether that was of this machine and is gone. False where it can't be known.
bool surely_dead(std::string_view identity);

}  // namespace boxcar
