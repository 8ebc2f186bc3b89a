#include "run/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "base/directory.h"
#include "base/fd.h"
#include "base/text.h"
#include "net/answer.h"
#include "net/daemon.h"

namespace boxcar {

namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

double usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return std::max(1U, std::thread::hardware_concurrency());
}

// Groups of this process, from its own to the root, as files of the one kind of hierarchy or the other may be in.
std::vector<std::string> groups_of(std::string_view controller) {
  std::vector<std::string> groups;
  const auto own = read_file("/proc/self/cgroup");
  if (!own) return groups;
  for (const auto line : split(*own, '\n')) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto names = line.substr(first + 1, second - first - 1);
    std::string mount = "/sys/fs/cgroup";
    if (!names.empty()) {
      const auto all = split(names, ',');
      if (std::find(all.begin(), all.end(), controller) == all.end()) continue;
      mount += "/" + std::string(controller);
    }
    std::string path(line.substr(second + 1));
    while (true) {
      groups.push_back(mount + (path == "/" ? "" : path));
      if (path.size() <= 1) break;
      path.erase(std::max<std::size_t>(path.rfind('/'), 1));
      if (path.size() > 1 && path.back() == '/') path.pop_back();
    }
  }
  return groups;
}

double cores_left_by_cgroups(double cores) {
  for (const auto& group : groups_of("cpu")) {
    std::optional<std::uint64_t> quota;
    std::optional<std::uint64_t> period;
    if (const auto both = read_file(group + "/cpu.max")) {  // "max 100000", "150000 100000"
      quota = number_of(*both);
      period = number_of(std::string_view(*both).substr(std::min(both->find(' '), both->size() - 1) + 1));
    } else if (const auto text = read_file(group + "/cpu.cfs_quota_us")) {  // "-1"
      quota = number_of(*text);
      period = number_of(read_file(group + "/cpu.cfs_period_us").value_or(""));
    }
    if (quota && period && *quota > 0 && *period > 0)
      cores = std::min(cores, static_cast<double>(*quota) / static_cast<double>(*period));
  }
  return cores;
}

std::uint64_t memory_left_by_cgroups(std::uint64_t memory) {
  for (const auto& group : groups_of("memory")) {
    for (const char* file : {"/memory.max", "/memory.limit_in_bytes"}) {
      const auto text = read_file(group + file);
      if (const auto bytes = text ? number_of(*text) : std::nullopt; bytes && *bytes > 0)
        memory = std::min(memory, *bytes);
    }
  }
  return memory;
}

int gpus_among_devices() {
  int gpus = 0;
  for (const auto& name : names_in("/dev")) {
    constexpr std::string_view prefix = "nvidia";
    const auto digits = name.starts_with(prefix) ? std::string_view(name).substr(prefix.size()) : "";
    gpus += !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return gpus;
}

}  // namespace

Resources this_machine() {
  const auto pages = static_cast<std::uint64_t>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {cores_left_by_cgroups(usable_cores()), memory_left_by_cgroups(pages * page), gpus_among_devices()};
}

Result<Resources> daemons_machine(Daemon& daemon) {
  TRY(const auto answer, daemon.get("/info"));
  const auto info = json_object(answer.body);
  Resources machine;
  if (const auto cores = number_in(info, "NCPU"); cores > 0) machine.cpu = static_cast<double>(cores);
  if (const auto memory = number_in(info, "MemTotal"); memory > 0) machine.memory = static_cast<std::uint64_t>(memory);
  return machine;
}

}  // namespace boxcar
