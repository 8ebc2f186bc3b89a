// What a run holds on this machine besides its containers, and who takes it away: the private mounts, a tmpfs for the
// runtimes' state, the cgroups, and the watcher, a small process that ends what is left when this one dies.
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "engine/cgroups.h"

namespace boxcar {

struct RunGuard {
  std::string run;
  // A tmpfs that only this process, its watcher and its children see: it needs no cleaning, it goes with them. Bundles
  // and runtime state lie there, since they are written and removed for every container (ext4 takes ten times as long).
  std::string state;
  RunCgroups cgroups;

  // Sees to it that nothing of the run is left, by force: its containers' processes, then its cgroups.
  // True when that is so, after at most `patience` seconds.
  bool end_containers(double patience) const;
};

// Once a process, before any thread is started; the second call does nothing. Ends also what runs whose runner and
// watcher are both dead left behind.
Result<void> prepare_run(const std::string& run);
// Ends what a run whose runner is dead left running, unless its watcher does. True: there was something. For a process
// that is in no namespace of its own. Unavailable: it would not end.
Result<bool> end_dead_run(const std::string& run);
// null before prepare_run().
const RunGuard* run_guard();

// The container's first process, from a runtime's pid file; -1 when there is none (yet). Only a process that is the
// first of a pid namespace below ours is taken for one, should the number belong to another by now.
pid_t container_init(const std::string& pid_file);

}  // namespace boxcar
