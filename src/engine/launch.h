// Starting a runtime inside a cgroup: what base/process.h does, and three steps more between vfork and exec, which
// posix_spawn has no words for.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "base/result.h"

namespace boxcar {

struct LaunchOptions {
  std::vector<std::string> argv;  // argv[0] is an absolute path
  int stdout_fd = -1;
  int stderr_fd = -1;
  const std::vector<UniqueFd>* groups = nullptr;  // JobCgroup::join: what it joins
  std::vector<std::string> hidden;                // JobCgroup::hidden: mounts that it shall not see
  std::string state = {};                         // absolute: where it puts what it needs for a moment
};

// Starts a program with no environment but a PATH and, for runtimes, `state`; with /dev/null as standard input and
// umask 022, in a session of its own, so that a terminal's Ctrl-C does not reach it. It is killed when the calling
// *thread* ends: a runtime whose runner dies while it still prepares must not go on without it.
Result<Child> launch(const LaunchOptions& options);

}  // namespace boxcar
