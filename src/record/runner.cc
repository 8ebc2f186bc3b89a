// Names of runs, and whether a runner still lives.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

#include "base/fd.h"
#include "record/run_store.h"

namespace boxcar {

std::string new_run_id() {
  constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";  // 32, none that looks like another
  unsigned char random[4] = {};
  if (getrandom(random, sizeof random, 0) != sizeof random) random[0] = static_cast<unsigned char>(std::rand());
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::string id = fmt::format("{:%Y%m%d-%H%M%S}-", utc);
  for (const unsigned char byte : random) id += letters[byte % letters.size()];
  return id;
}

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

bool runner_alive(const RunRecord& run) {
  return run.pid > 0 && run.pid_start != 0 && process_start(run.pid) == run.pid_start;
}

}  // namespace boxcar
