// Control groups: boxcar/<run>/<job> below the group this process is in (version 1), or below the root of the hierarchy
// or what of it is delegated to the user (version 2), where limits are set, the peak is read and nothing can hide from
// SIGKILL. Versions 1 and 2 and hybrids.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/mounts.h"
#include "base/result.h"

namespace boxcar {

// A hierarchy that boxcar makes groups in.
struct Hierarchy {
  int version = 2;
  std::string mount;  // where it is mounted
  std::string base;   // absolute: the directory in which "boxcar" lies
  bool memory = false;
  bool cpu = false;

  friend bool operator==(const Hierarchy&, const Hierarchy&) = default;
};

// What of `mounts` can be used by a process whose /proc/self/cgroup says `own`. Pure.
std::vector<Hierarchy> usable_hierarchies(const std::vector<MountPoint>& mounts, std::string_view own);

// The same for an ordinary user: only of version 2, where groups are his to make, as in those that systemd gives him.
// In the group of this process if it is there alone, else in the topmost that is his. Looks at the file system.
std::vector<Hierarchy> delegated_hierarchies(const std::vector<MountPoint>& mounts, std::string_view own);

struct Limits {
  std::optional<std::uint64_t> memory;  // bytes; swap comes out of them too
  std::optional<double> cpu;            // cores
};

struct Usage {
  std::uint64_t peak_memory = 0;  // bytes, page cache included; 0: unknown
  bool out_of_memory = false;     // something in the group was killed for memory
};

// A group that somebody else made, to be looked at.
class ForeignCgroup {
 public:
  // That in which memory is counted for a process. None where there is no such process (any more), or no such group
  // to be seen.
  static std::optional<ForeignCgroup> of(pid_t pid);
  Usage usage() const;  // nothing, once it is gone

 private:
  ForeignCgroup(Hierarchy hierarchy, std::string path) : hierarchy_(std::move(hierarchy)), path_(std::move(path)) {}

  Hierarchy hierarchy_;
  std::string path_;
};

// The groups of one job, one in each hierarchy. Not thread-safe. Without groups (none could be made) every call is
// harmless: nothing is limited or known.
class JobCgroup {
 public:
  JobCgroup() = default;

  // Files open for writing: "0" in each takes the writer in, which must have one thread. Open until close_join().
  const std::vector<UniqueFd>& join() const { return join_; }
  void close_join() { join_.clear(); }
  // For a runtime that insists on making its own group: an OCI cgroupsPath; "" when there is none. In version 2 that is
  // a group below ours. In version 1, where a group more costs a wait on the kernel's lock for each hierarchy, it is
  // only that of the devices: from such a runtime the hierarchies of hidden() must be hidden, it joins ours in them.
  const std::string& runtime_path() const { return runtime_path_; }
  const std::vector<std::string>& hidden() const { return hidden_; }

  bool known() const { return !directories_.empty(); }
  bool empty() const;  // no process is in it
  void kill() const;   // SIGKILL to all processes in it, once: repeat until empty()
  Usage usage() const;
  bool remove();  // false: still busy, try again

 private:
  friend class RunCgroups;
  struct Directory {
    Hierarchy hierarchy;
    std::string path;
  };
  std::vector<Directory> directories_;
  std::vector<UniqueFd> join_;
  std::string runtime_path_;
  std::vector<std::string> hidden_;
};

class RunCgroups {
 public:
  RunCgroups() = default;
  // Makes nothing yet. `run` names the run's group.
  RunCgroups(std::vector<Hierarchy> hierarchies, std::string run)
      : hierarchies_(std::move(hierarchies)), run_(std::move(run)) {}

  // Makes the run's groups; a hierarchy in which that is not allowed is left out from then on.
  void open();
  bool available() const { return !hierarchies_.empty(); }
  bool limits_memory() const;
  bool limits_cpu() const;

  // `own_group`: the runtime insists on making its own (runc).
  // A limit that cannot be set in any hierarchy here is left out: see limits_memory(), limits_cpu().
  Result<JobCgroup> make(const std::string& job, const Limits& limits, bool own_group) const;

  // Kills whatever is in the run's groups and removes them; waits for the processes' ends at most `patience` seconds.
  // False: something is left.
  bool end(double patience) const;

 private:
  std::vector<Hierarchy> hierarchies_;
  std::string run_;
};

}  // namespace boxcar
