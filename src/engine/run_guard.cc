#include "engine/run_guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "base/environment.h"
#include "base/mounts.h"
#include "base/text.h"
#include "base/user_namespace.h"

namespace boxcar {

namespace {

constexpr double kWatcherPatience = 60;  // seconds; a process in uninterruptible sleep may outlast any

// Lives as long as the process: the pipe's end tells the watcher of its death.
struct Held {
  RunGuard guard;
  UniqueFd lock;
  UniqueFd alive;
};
std::unique_ptr<Held> held;

// /run/boxcar, of an ordinary user $XDG_RUNTIME_DIR/boxcar: state/ is a mount point, runs/ holds a lock file for each
// live run.
Result<std::string> own_directory() {
  std::string directory = "/run/boxcar";
  if (rootless()) {
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    directory =
        runtime.starts_with('/') ? join_path(runtime, "boxcar") : "/tmp/boxcar-" + std::to_string(outside_uid());
  }
  CHECK_OK(make_directories(directory, 0700));
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0) return fail_errno("looking at " + directory);
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    return fail(ErrorKind::Denied, directory + " is not a directory of the user's own");
  }
  for (const char* name : {"state", "runs"}) CHECK_OK(make_directories(join_path(directory, name), 0700));
  return directory;
}

void for_each_name(const std::string& directory, const std::function<void(const std::string&)>& see) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return;
  while (const dirent* entry = ::readdir(stream)) {
    if (entry->d_name[0] != '.') see(entry->d_name);
  }
  ::closedir(stream);
}

// None: somebody holds it, or it is gone.
UniqueFd try_lock_file(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0600));
  if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
  // What another just removed is no lock any more, though it can be locked.
  struct stat opened {};
  struct stat there {};
  if (::fstat(fd.get(), &opened) != 0 || ::stat(path.c_str(), &there) != 0 || opened.st_ino != there.st_ino) return {};
  return fd;
}

// A lock file says where the run's groups are, a line "<version> <base>" each: another runner may be in other groups
// than the dead one was.
std::string describe(const std::vector<Hierarchy>& hierarchies) {
  std::string text;
  for (const auto& hierarchy : hierarchies) text += std::to_string(hierarchy.version) + " " + hierarchy.base + "\n";
  return text;
}

std::vector<Hierarchy> parse_hierarchies(std::string_view text) {
  std::vector<Hierarchy> hierarchies;
  for (const auto line : lines(text)) {
    if (!line.starts_with("1 /") && !line.starts_with("2 /")) continue;
    Hierarchy hierarchy;
    hierarchy.version = line.front() - '0';
    hierarchy.base = line.substr(2);
    hierarchies.push_back(std::move(hierarchy));
  }
  return hierarchies;
}

Result<std::vector<Hierarchy>> hierarchies_here() {
  TRY(const auto mounts, mount_points());
  TRY(const auto own, read_file("/proc/self/cgroup"));
  return rootless() ? delegated_hierarchies(mounts, own) : usable_hierarchies(mounts, own);
}

// What the run's groups are by its lock file, and in `own` hierarchies: what the file says may be torn or not written
// yet.
RunCgroups groups_of(int lock, const std::string& run, const std::vector<Hierarchy>& own) {
  auto hierarchies = parse_hierarchies(read_all(lock, 1 << 16).value_or(""));
  for (const auto& hierarchy : own) {
    const bool said = std::any_of(hierarchies.begin(), hierarchies.end(),
                                  [&](const Hierarchy& one) { return one.base == hierarchy.base; });
    if (!said) hierarchies.push_back(hierarchy);
  }
  return RunCgroups(std::move(hierarchies), run);
}

// Where there are no groups its processes are known by their mounts: no other's lead into the run's workspaces. True:
// there were some.
bool kill_by_mounts(const std::string& run) {
  const std::string workspace = "/work/" + run + ".";
  bool some = false;
  for_each_name("/proc", [&](const std::string& name) {
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid == ::getpid()) return;
    const auto mounts = read_file("/proc/" + name + "/mountinfo");
    if (mounts && mounts->find(workspace) != std::string::npos && ::kill(pid, SIGKILL) == 0) some = true;
  });
  return some;
}

// Runs whose lock nobody holds have neither runner nor watcher.
void end_dead_runs(const std::string& runs, const std::vector<Hierarchy>& own) {
  for_each_name(runs, [&](const std::string& run) {
    const std::string path = join_path(runs, run);
    const UniqueFd lock = try_lock_file(path, 0);
    if (!lock) return;
    if (groups_of(lock.get(), run, own).end(1)) ::unlink(path.c_str());
  });
}

[[noreturn]] void watch(int runner, int lock, const RunGuard& guard, const std::string& lock_path) {
  ::setsid();
  ::prctl(PR_SET_NAME, "boxcar-watcher");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  if (::chdir("/") != 0) ::_exit(1);
  // Nothing of the runner's may be held open by the watcher: not its terminal, not a pipe it writes to.
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  // Its copy of the environment may hold secrets, and outlives the runner's care for them.
  for (char** variable = environ; *variable != nullptr; ++variable) ::explicit_bzero(*variable, ::strlen(*variable));
  const int low = std::min(runner, lock);
  const int high = std::max(runner, lock);
  ::close_range(3, static_cast<unsigned>(low) - 1, 0);
  if (high > low + 1) ::close_range(static_cast<unsigned>(low) + 1, static_cast<unsigned>(high) - 1, 0);
  ::close_range(static_cast<unsigned>(high) + 1, ~0U, 0);

  char byte = 0;
  while (::read(runner, &byte, 1) < 0 && errno == EINTR) {
  }
  if (guard.end_containers(kWatcherPatience)) ::unlink(lock_path.c_str());
  ::_exit(0);
}

Result<void> start_watcher(Held& run, const std::string& lock_path) {
  TRY(Pipe pipe, make_pipe());
  run.alive = std::move(pipe.in);
  // The process is small and has one thread: here, and only here, a fork is cheap and safe.
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("starting the watcher");
  if (pid == 0) watch(pipe.out.get(), run.lock.get(), run.guard, lock_path);
  return {};
}

bool valid_name(const std::string& run) {
  return !run.empty() && run.front() != '.' && run.find('/') == std::string::npos && run.size() < 200;
}

}  // namespace

bool RunGuard::end_containers(double patience) const {
  if (cgroups.available()) return cgroups.end(patience);
  // Without groups the pid files must do. A container's first process takes all others of it along.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience);
  for (;;) {
    bool gone = true;
    for_each_name(state, [&](const std::string& job) {
      const pid_t init = container_init(join_path(join_path(state, job), "pid"));
      if (init > 0 && ::kill(init, SIGKILL) == 0) gone = false;
    });
    if (gone || std::chrono::steady_clock::now() >= deadline) return gone;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<void> prepare_run(const std::string& run) {
  if (held) return {};
  if (!valid_name(run)) return fail(ErrorKind::Internal, in_quotes(run) + " cannot be a run's name");
  CHECK_OK(enter_private_mounts());
  auto next = std::make_unique<Held>();
  TRY(const auto directory, own_directory());
  TRY(const auto hierarchies, hierarchies_here());
  const std::string runs = join_path(directory, "runs");
  end_dead_runs(runs, hierarchies);

  const std::string lock_path = join_path(runs, run);
  for (int i = 0; i < 5 && !next->lock; ++i) next->lock = try_lock_file(lock_path, O_CREAT);
  if (!next->lock) return fail(ErrorKind::Unavailable, "a run named " + run + " is under way already");
  next->guard.run = run;
  next->guard.state = join_path(directory, "state");
  CHECK_OK(mount_tmpfs(next->guard.state));
  next->guard.cgroups = RunCgroups(hierarchies, run);
  // Said before anything is made that might have to be found.
  CHECK_OK(write_all(next->lock.get(), describe(hierarchies)));
  next->guard.cgroups.open();
  CHECK_OK(start_watcher(*next, lock_path));
  held = std::move(next);
  return {};
}

Result<bool> end_dead_run(const std::string& run) {
  if (!valid_name(run)) return fail(ErrorKind::Internal, in_quotes(run) + " cannot be a run's name");
  TRY(const auto directory, own_directory());
  TRY(const auto hierarchies, hierarchies_here());
  const std::string path = join_path(join_path(directory, "runs"), run);
  bool some = exists(path);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(kWatcherPatience);
  for (bool gone = false; !gone; std::this_thread::sleep_for(std::chrono::milliseconds(gone ? 0 : 5))) {
    if (std::chrono::steady_clock::now() > deadline)
      return fail(ErrorKind::Unavailable, "the containers of run " + run + " do not end");
    const UniqueFd lock = try_lock_file(path, 0);
    if (!lock && exists(path)) continue;  // the watcher is at it
    gone = !kill_by_mounts(run);
    some = some || !gone;
    if (gone && lock && (gone = groups_of(lock.get(), run, hierarchies).end(1))) ::unlink(path.c_str());
  }
  return some;
}

const RunGuard* run_guard() {
  return held ? &held->guard : nullptr;
}

pid_t container_init(const std::string& pid_file) {
  const std::string text = read_file(pid_file, 64).value_or("");
  pid_t pid = -1;
  std::from_chars(text.data(), text.data() + text.size(), pid);
  if (pid <= 1) return -1;
  // "NSpid:\t4711\t1": its number here, and that in its own namespace.
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status", 1 << 16).value_or("");
  const std::size_t at = status.find("\nNSpid:");
  if (at == std::string::npos) return -1;
  const std::string_view line = std::string_view(status).substr(at + 1, status.find('\n', at + 1) - at - 1);
  const bool zombie = status.find("\nState:\tZ") != std::string::npos;
  return line.ends_with("\t1") && !zombie ? pid : -1;
}

}  // namespace boxcar
