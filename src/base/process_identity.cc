#include "base/process_identity.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

namespace {

// Where pids mean what they mean here: "" where that is not known.
std::string place_of_pids() {
  const auto boot = read_file("/proc/sys/kernel/random/boot_id", 64);
  struct stat space {};
  if (!boot || ::stat("/proc/self/ns/pid", &space) != 0) return {};
  return fmt::format("{}.{}.", boot->substr(0, boot->find('\n')), space.st_ino);
}

}  // namespace

std::uint64_t process_start(int pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return 0;
  // The second field is the program's name in parentheses, and may hold anything; the third is the state.
  std::size_t at = stat->rfind(')');
  if (at == std::string::npos || stat->size() < at + 3 || (*stat)[at + 2] == 'Z' || (*stat)[at + 2] == 'X') return 0;
  for (int field = 2; field < 22; ++field) {
    at = stat->find(' ', at + 1);
    if (at == std::string::npos) return 0;
  }
  return std::strtoull(stat->c_str() + at, nullptr, 10);
}

std::string process_identity() {
  return fmt::format("{}{}.{}", place_of_pids(), ::getpid(), process_start(::getpid()));
}

bool surely_dead(std::string_view identity) {
  const std::string here = place_of_pids();
  if (here.empty() || !identity.starts_with(here)) return false;
  identity.remove_prefix(here.size());
  int pid = 0;
  std::uint64_t start = 0;
  const auto dot = std::from_chars(identity.begin(), identity.end(), pid).ptr;
  if (pid <= 0 || dot == identity.end() || std::from_chars(dot + 1, identity.end(), start).ptr != identity.end())
    return false;
  return start != 0 && process_start(pid) != start;
}

}  // namespace boxcar
