#include "engine/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>

#include "base/text.h"

namespace boxcar {

namespace {

constexpr const char* kTop = "boxcar";
constexpr const char* kRunner = "boxcar-runner";
constexpr const char* kRuntimeGroup = "runtime";  // runc's own, below ours
constexpr int kCpuPeriod = 100'000;               // microseconds

// Files of a group are written in one piece, and are short.
bool put(const std::string& directory, const char* file, std::string_view text) {
  const UniqueFd fd(::open(join_path(directory, file).c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string get(const std::string& directory, const char* file) {
  return read_file(join_path(directory, file)).value_or("");
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The number after `name` in lines of "name number".
std::uint64_t field(std::string_view text, std::string_view name) {
  for (const auto line : lines(text)) {
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ' ') {
      return to_number(line.substr(name.size() + 1));
    }
  }
  return 0;
}

// Groups have no files in the way of a removal, only groups below.
void for_each_group_below(const std::string& path, const std::function<void(const std::string&)>& see) {
  DIR* stream = ::opendir(path.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = ::readdir(stream)) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') see(join_path(path, entry->d_name));
  }
  ::closedir(stream);
}

void for_each_process(const std::string& path, const std::function<void(pid_t)>& see) {
  const std::string text = get(path, "cgroup.procs");
  for (const auto line : lines(text)) {
    if (const auto pid = static_cast<pid_t>(to_number(line)); pid > 0) see(pid);
  }
  for_each_group_below(path, [&](const std::string& below) { for_each_process(below, see); });
}

bool group_empty(const Hierarchy& hierarchy, const std::string& path) {
  if (hierarchy.version == 2) return field(get(path, "cgroup.events"), "populated") == 0;
  bool empty = true;
  for_each_process(path, [&](pid_t) { empty = false; });
  return empty;
}

void kill_group(const Hierarchy& hierarchy, const std::string& path) {
  if (hierarchy.version == 2 && put(path, "cgroup.kill", "1")) return;  // Linux from 5.14
  for_each_process(path, [](pid_t pid) { ::kill(pid, SIGKILL); });
}

bool remove_group(const std::string& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
  for_each_group_below(path, [](const std::string& below) { remove_group(below); });
  return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

bool make_group(const std::string& path) {
  return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

// The group of a run or a job below the common one. Another run that just ends may take that one away in between.
bool make_group_below_top(const std::string& base, const std::string& run, const std::string& path) {
  for (int i = 0; i < 5; ++i) {
    if (make_group(path)) return true;
    if (errno != ENOENT) return false;
    make_group(join_path(base, kTop));
    make_group(run);
  }
  return false;
}

// Version 2: which controllers the groups below `path` get.
void hand_down(const std::string& path) {
  put(path, "cgroup.subtree_control", "+memory");
  put(path, "cgroup.subtree_control", "+cpu");
}

bool has_word(std::string_view list, std::string_view word, char separator) {
  const auto words = split(list, separator);
  return std::find(words.begin(), words.end(), word) != words.end();
}

// This process's path in the hierarchy whose controllers (version 2: none) include `controller`.
std::string own_path(std::string_view own, std::string_view controller) {
  for (const auto line : lines(own)) {  // "4:memory:/a/b", "0::/a/b"
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? names.empty() : has_word(names, controller, ','))
      return std::string(line.substr(second + 1));
  }
  return "/";
}

// The directory of this process's group in a hierarchy, as far as that is mounted.
std::string own_group(const MountPoint& mount, std::string_view own, std::string_view controller) {
  std::string path = own_path(own, controller);
  if (mount.root != "/" && path.starts_with(mount.root)) path.erase(0, mount.root.size());
  while (path.starts_with('/')) path.erase(0, 1);
  return join_path(mount.target, path);
}

// Version 2: a group other than the root hands nothing down to groups below while there are processes in it. If this
// one is, it steps aside into a group of its own; other processes are not boxcar's to move.
void step_aside(const std::string& base) {
  if (!exists(join_path(base, "cgroup.type"))) return;  // the root
  const std::string processes = get(base, "cgroup.procs");
  const auto all = lines(processes);
  if (std::find(all.begin(), all.end(), std::to_string(::getpid())) == all.end()) return;
  const std::string aside = join_path(base, kRunner);
  if (make_group(aside)) put(aside, "cgroup.procs", "0");
}

}  // namespace

std::vector<Hierarchy> usable_hierarchies(const std::vector<MountPoint>& mounts, std::string_view own) {
  std::vector<Hierarchy> found;
  for (const auto& mount : mounts) {
    if (mount.type == "cgroup2") {
      // The root may hold groups and processes at once, other groups may not: so ours lie there, not below our own.
      found.push_back({2, mount.target, mount.target, true, true});
    } else if (mount.type == "cgroup") {
      const bool memory = has_word(mount.options, "memory", ',');
      const bool cpu = has_word(mount.options, "cpu", ',');
      const bool devices = has_word(mount.options, "devices", ',');
      if (!memory && !cpu && !devices) continue;
      // Below our own group, so that what limits boxcar limits its containers.
      found.push_back({1, mount.target,
                       own_group(mount, own,
                                 memory ? "memory"
                                 : cpu  ? "cpu"
                                        : "devices"),
                       memory, cpu});
    }
  }
  return found;
}

std::vector<Hierarchy> delegated_hierarchies(const std::vector<MountPoint>& mounts, std::string_view own) {
  const auto of_type = [&](std::string_view type) {
    return std::find_if(mounts.begin(), mounts.end(), [&](const MountPoint& mount) { return mount.type == type; });
  };
  // On a hybrid version 2 has no controllers, and is hidden (base/mounts.cc).
  const auto mount = of_type("cgroup2");
  if (mount == mounts.end() || of_type("cgroup") != mounts.end()) return {};
  const auto may_make_groups = [](const std::string& group) {
    const auto writable = [&](const char* file) { return ::access(join_path(group, file).c_str(), W_OK) == 0; };
    return writable("") && writable("cgroup.procs") && writable("cgroup.subtree_control");
  };
  std::string base = own_group(*mount, own, "");
  if (!may_make_groups(base)) return {};
  // The own one if it was made for boxcar: who ends it ends the containers. Where there are others in it, the topmost.
  if (get(base, "cgroup.procs") != std::to_string(::getpid()) + "\n") {
    while (base.size() > mount->target.size() && may_make_groups(std::string(directory_name(base)))) {
      base = directory_name(base);
    }
  }
  return {{2, mount->target, base, true, true}};
}

void RunCgroups::open() {
  std::erase_if(hierarchies_, [&](Hierarchy& hierarchy) {
    const std::string top = join_path(hierarchy.base, kTop);
    const std::string run = join_path(top, run_);
    if (!make_group_below_top(hierarchy.base, run, run)) return true;
    if (hierarchy.version == 2) {
      step_aside(hierarchy.base);
      hand_down(hierarchy.base);
      hand_down(top);
      hand_down(run);
      const std::string given = get(run, "cgroup.subtree_control");
      const std::string_view names = std::string_view(given).substr(0, given.find('\n'));
      hierarchy.memory = has_word(names, "memory", ' ');
      hierarchy.cpu = has_word(names, "cpu", ' ');
    }
    return false;
  });
}

bool RunCgroups::limits_memory() const {
  return std::any_of(hierarchies_.begin(), hierarchies_.end(), [](const Hierarchy& h) { return h.memory; });
}

bool RunCgroups::limits_cpu() const {
  return std::any_of(hierarchies_.begin(), hierarchies_.end(), [](const Hierarchy& h) { return h.cpu; });
}

namespace {

Result<void> limit_memory(const Hierarchy& hierarchy, const std::string& path, std::uint64_t bytes) {
  const std::string text = std::to_string(bytes);
  const bool done = hierarchy.version == 2 ? put(path, "memory.max", text) : put(path, "memory.limit_in_bytes", text);
  if (!done) return fail_errno("limiting memory to " + text + " bytes");
  // Without accounting of swap these files are missing.
  if (hierarchy.version == 2) {
    put(path, "memory.swap.max", "0");
  } else {
    put(path, "memory.memsw.limit_in_bytes", text);
  }
  return {};
}

Result<void> limit_cpu(const Hierarchy& hierarchy, const std::string& path, double cores) {
  const std::string quota = std::to_string(std::max(1000L, static_cast<long>(cores * kCpuPeriod)));
  const bool done = hierarchy.version == 2 ? put(path, "cpu.max", quota + " " + std::to_string(kCpuPeriod))
                                           : put(path, "cpu.cfs_quota_us", quota);
  if (!done) return fail_errno("limiting the CPU to " + std::to_string(cores) + " cores");
  return {};
}

}  // namespace

Result<JobCgroup> RunCgroups::make(const std::string& job, const Limits& limits, bool own_group) const {
  JobCgroup group;
  const auto fill = [&](const Hierarchy& hierarchy) -> Result<void> {
    const bool v2 = hierarchy.version == 2;
    const std::string run = join_path(join_path(hierarchy.base, kTop), run_);
    const std::string path = join_path(run, job);
    if (!v2 && own_group && (hierarchy.memory || hierarchy.cpu)) group.hidden_.push_back(hierarchy.mount);
    // Version 1: only where there is something to limit or to read. That of the devices is for runc to make.
    const bool ours = v2 || hierarchy.memory || (hierarchy.cpu && limits.cpu);
    if (!ours && (hierarchy.cpu || !own_group)) return {};
    if (ours && !make_group_below_top(hierarchy.base, run, path)) return fail_errno("making the cgroup " + path);
    group.directories_.push_back({hierarchy, path});
    if (!ours) return {};
    if (limits.memory && hierarchy.memory) CHECK_OK(limit_memory(hierarchy, path, *limits.memory));
    if (limits.cpu && hierarchy.cpu) CHECK_OK(limit_cpu(hierarchy, path, *limits.cpu));
    if (v2 && own_group) return {};
    // One thread that moves itself needs no global lock, for which the kernel would wait 10 ms and more.
    TRY(auto join, open_file(join_path(path, v2 ? "cgroup.procs" : "tasks"), O_WRONLY));
    group.join_.push_back(std::move(join));
    return {};
  };
  for (const auto& hierarchy : hierarchies_) {
    if (auto filled = fill(hierarchy); !filled) {
      group.remove();
      return fail(std::move(filled).error());
    }
  }
  if (own_group && group.known()) {
    // runc reads a relative path as below its own group in version 1, an absolute one as from the root.
    const std::string path = join_path(join_path(kTop, run_), job);
    const Hierarchy& first = hierarchies_.front();
    group.runtime_path_ = first.version == 2
                              ? join_path(join_path(first.base.substr(first.mount.size()) + "/", path), kRuntimeGroup)
                              : path;
  }
  return group;
}

bool JobCgroup::empty() const {
  return std::all_of(directories_.begin(), directories_.end(),
                     [](const Directory& d) { return group_empty(d.hierarchy, d.path); });
}

void JobCgroup::kill() const {
  for (const auto& directory : directories_) kill_group(directory.hierarchy, directory.path);
}

namespace {

Usage usage_of(const Hierarchy& hierarchy, const std::string& path) {
  const bool v2 = hierarchy.version == 2;
  Usage usage;
  usage.peak_memory = to_number(get(path, v2 ? "memory.peak" : "memory.max_usage_in_bytes"));
  usage.out_of_memory = field(get(path, v2 ? "memory.events" : "memory.oom_control"), "oom_kill") > 0;
  return usage;
}

}  // namespace

Usage JobCgroup::usage() const {
  for (const auto& [hierarchy, path] : directories_) {
    if (hierarchy.memory) return usage_of(hierarchy, path);
  }
  return {};
}

std::optional<ForeignCgroup> ForeignCgroup::of(pid_t pid) {
  const auto own = read_file("/proc/" + std::to_string(pid) + "/cgroup");
  const auto mounts = mount_points();
  if (!own || !mounts) return std::nullopt;
  for (auto& hierarchy : usable_hierarchies(*mounts, *own)) {
    if (!hierarchy.memory) continue;
    // Who is over counts as one of the topmost group, which is all of the machine.
    if (own_path(*own, hierarchy.version == 2 ? "" : "memory") == "/") continue;
    const std::string path =
        hierarchy.version == 2 ? hierarchy.mount + own_path(*own, "") : std::string(hierarchy.base);
    if (get(path, hierarchy.version == 2 ? "memory.peak" : "memory.max_usage_in_bytes").empty()) continue;
    return ForeignCgroup(std::move(hierarchy), path);
  }
  return std::nullopt;
}

Usage ForeignCgroup::usage() const {
  return usage_of(hierarchy_, path_);
}

bool JobCgroup::remove() {
  std::erase_if(directories_, [](const Directory& d) { return remove_group(d.path); });
  return directories_.empty();
}

bool RunCgroups::end(double patience) const {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration<double>(patience);
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, std::chrono::milliseconds(50))) {
    bool gone = true;
    for (const auto& hierarchy : hierarchies_) {
      const std::string run = join_path(join_path(hierarchy.base, kTop), run_);
      if (remove_group(run)) continue;
      kill_group(hierarchy, run);
      gone = false;
    }
    if (gone || Clock::now() >= deadline) {
      // The last run takes the common group along; while another run lives in it, it stays.
      for (const auto& hierarchy : hierarchies_) ::rmdir(join_path(hierarchy.base, kTop).c_str());
      return gone;
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace boxcar
