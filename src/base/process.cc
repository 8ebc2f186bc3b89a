#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/interrupt.h"
#include "base/text.h"

extern char** environ;

namespace boxcar {

namespace {

constexpr std::size_t kOutputLimit = std::size_t{16} << 20;

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

// Asks it to end, and insists after a while.
void end(const Child& child) {
  ::kill(child.pid, SIGTERM);
  pollfd gone{child.pidfd.get(), POLLIN, 0};
  if (::poll(&gone, 1, 5000) <= 0) ::kill(child.pid, SIGKILL);
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return std::nullopt;
  }
  const char* path = std::getenv("PATH");
  const std::string places = std::string(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path) + ":/usr/sbin:/sbin";
  for (const auto place : split(places, ':')) {
    const std::string candidate = join_path(place, name);
    if (!place.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

Result<Child> spawn(const SpawnOptions& options) {
  const auto program = find_program(options.argv.at(0));
  if (!program) return fail(ErrorKind::NotFound, "the program '" + options.argv[0] + "' is not installed");

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  const int wanted[3] = {options.stdin_fd, options.stdout_fd, options.stderr_fd};
  for (int target = 0; target < 3; ++target) {
    if (wanted[target] >= 0) {
      posix_spawn_file_actions_adddup2(&files, wanted[target], target);
    } else {
      posix_spawn_file_actions_addopen(&files, target, "/dev/null", O_RDWR, 0);
    }
  }
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  // What this program was started to ignore, a child that ends with it ignores too.
  if (options.until_interrupted) {
    const sigset_t heeded = interrupting_signals();
    for (const int number : kInterrupting) {
      if (::sigismember(&heeded, number) == 0) ::sigdelset(&all, number);
    }
  }
  posix_spawnattr_setsigdefault(&attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (options.new_session) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_setflags(&attributes, flags);

  Child child;
  auto argv = pointers(options.argv);
  std::vector<char*> env;
  if (options.env) env = pointers(*options.env);
  const int error =
      ::posix_spawn(&child.pid, program->c_str(), &files, &attributes, argv.data(), options.env ? env.data() : environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail(errno_error("starting " + *program, error));
  child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd) {
    const int number = errno;
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return fail(errno_error("watching " + *program, number));
  }
  return child;
}

Result<Exit> wait_for(const Child& child) {
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("waiting for a child process");
  }
  Exit exit;
  if (WIFSIGNALED(status)) {
    exit.signal = WTERMSIG(status);
    exit.code = 128 + exit.signal;
  } else {
    exit.code = WEXITSTATUS(status);
  }
  return exit;
}

Result<Finished> run_program(SpawnOptions options, std::optional<std::chrono::milliseconds> timeout,
                             const Watch& watch) {
  TRY(auto out, make_pipe());
  TRY(auto err, make_pipe());
  options.stdout_fd = out.in.get();
  options.stderr_fd = err.in.get();
  TRY(const auto child, spawn(options));
  out.in.reset();
  err.in.reset();

  Finished finished;
  const auto deadline = std::chrono::steady_clock::now() + timeout.value_or(std::chrono::hours(24 * 365));
  bool timed_out = false;
  Result<void> seen;
  UniqueFd signals;  // only looked at: a signal stays for who takes it
  if (options.until_interrupted) {
    const sigset_t set = interrupting_signals();
    signals.reset(::signalfd(-1, &set, SFD_CLOEXEC));
  }
  std::string buffer(65536, '\0');
  pollfd watched[3] = {{out.out.get(), POLLIN, 0}, {err.out.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
  std::string* const texts[2] = {&finished.out, &finished.err};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto most = watch ? std::chrono::milliseconds(1000) : std::chrono::milliseconds(INT_MAX);
    const int wait =
        timeout || watch ? static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), most).count()) : -1;
    const int n = ::poll(watched, 3, wait);
    if (n < 0 && errno != EINTR) break;
    if (n == 0 && std::chrono::steady_clock::now() >= deadline) {
      timed_out = true;
      ::kill(child.pid, SIGKILL);
      break;
    }
    if (n > 0 && watched[2].revents != 0) {
      end(child);
      break;
    }
    for (int i = 0; n > 0 && i < 2; ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      const ssize_t got = ::read(watched[i].fd, buffer.data(), buffer.size());
      if (got == 0 || (got < 0 && errno != EINTR)) watched[i].fd = -1;
      if (got > 0 && texts[i]->size() < kOutputLimit) texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (watch && !(seen = watch(finished))) {
      end(child);
      break;
    }
  }
  TRY(finished.exit, wait_for(child));
  if (options.until_interrupted && interrupted()) return fail(interruption());
  if (!seen) return fail(std::move(seen).error());
  if (timed_out) {
    return fail(ErrorKind::Unavailable,
                options.argv[0] + " did not end within " + std::to_string(timeout->count() / 1000) + " s");
  }
  return finished;
}

}  // namespace boxcar
