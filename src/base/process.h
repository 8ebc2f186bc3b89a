// Child processes, started with posix_spawn (never fork: see docs/architecture.md), watched through pidfds.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace boxcar {

struct SpawnOptions {
  std::vector<std::string> argv;                // argv[0] is searched in PATH
  std::optional<std::vector<std::string>> env;  // "NAME=value"; none: the caller's
  int stdin_fd = -1;                            // -1: /dev/null
  int stdout_fd = -1;
  int stderr_fd = -1;
  bool new_session = false;        // setsid: a terminal's Ctrl-C does not reach the child
  bool until_interrupted = false;  // run_program: ends the child then (base/interrupt.h), Cancelled
};

struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;  // readable once the child has ended
};

// Every descriptor but 0, 1, 2 must be close-on-exec in this process; the child gets no other. Signal mask and
// dispositions are the defaults. NotFound when the program is not in PATH.
Result<Child> spawn(const SpawnOptions& options);

struct Exit {
  int code = -1;   // as a shell gives it: 128 + signal when killed
  int signal = 0;  // 0: it exited
};

Result<Exit> wait_for(const Child& child);  // blocks; reaps

struct Finished {
  Exit exit;
  std::string out;
  std::string err;
};

// Looks on while a program runs, each time it prints and at least once a second: with an error the program is ended.
using Watch = std::function<Result<void>(const Finished& so_far)>;

// Runs to the end and gives what it printed; each stream is cut at 16 MiB. `timeout`: killed then, Unavailable.
Result<Finished> run_program(SpawnOptions options, std::optional<std::chrono::milliseconds> timeout = {},
                             const Watch& watch = {});

// The absolute path of a program in PATH, or in /usr/sbin and /sbin, where an ordinary user's PATH does not look.
std::optional<std::string> find_program(const std::string& name);

}  // namespace boxcar
