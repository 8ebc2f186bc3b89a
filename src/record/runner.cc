// Names of runs, and whether a runner still lives.
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

#include "base/process_identity.h"
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

bool runner_alive(const RunRecord& run) {
  return run.pid > 0 && run.pid_start != 0 && process_start(run.pid) == run.pid_start;
}

}  // namespace boxcar
