// Files for and from a daemon that does not see this machine's: as tars, through its archive calls. Directories go into
// volumes, so that what is only to be read can be mounted read-only; single files go into the container's own root.
#pragma once

#include <string>

#include "engine/daemon_host.h"
#include "engine/engine.h"

namespace boxcar {

// "Mounts" of a container's HostConfig, a JSON array: a volume for each directory that the job mounts. Invalid: a path
// is not UTF-8.
Result<std::string> volumes_for(const DaemonHost& host, const Job& job);
// Into the volumes, and into the container ("/containers/ID") that was made and has not started.
Result<void> send_inputs(const DaemonHost& host, const Job& job, const std::string& helper,
                         const std::string& container);
// What the container left in directories that it may write takes the place of what these held here.
Result<void> fetch_outputs(const DaemonHost& host, const Job& job, const std::string& container);
Result<void> remove_volumes(const DaemonHost& host, const Job& job);
// Those of dead runs; `dead` says so of a run.
Result<void> remove_volumes_of(const DaemonHost& host, const std::function<bool(const std::string& run)>& dead);

// Unpacks a tar in the directory `to` of a container ("/containers/ID").
Result<void> put_archive(Daemon& daemon, const std::string& container, const std::string& to, std::string archive);

// Calls `work` with a container ("/containers/ID") that never starts, and removes it: a way to the volumes and
// directories that it mounts (`mounts` of HostConfig, a JSON array).
Result<void> through_container(const DaemonHost& host, const std::string& helper, const std::string& mounts,
                               const std::function<Result<void>(const std::string& container)>& work);

// Whether the daemon sees the host's store on this machine: Result false when it is another's, or hidden from it.
Result<bool> sees_store(const DaemonHost& host, const std::string& helper);

}  // namespace boxcar
