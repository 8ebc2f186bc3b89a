// Starting a runtime inside a cgroup: what base/process.h does, and three steps more between vfork and exec, which
// posix_spawn has no words for.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "base/result.h"

namespace boxcar {

// Starts argv[0] (an absolute path) with no environment but a PATH, /dev/null as standard input, umask 022, in a
// session of its own, so that a terminal's Ctrl-C does not reach it, after it has joined the groups whose cgroup.procs
// are given. It is killed when the calling *thread* ends: a runtime that is killed while it still prepares must not go
// on without us.
Result<Child> launch(const std::vector<std::string>& argv, int stdout_fd, int stderr_fd,
                     const std::vector<UniqueFd>& cgroups);

}  // namespace boxcar
