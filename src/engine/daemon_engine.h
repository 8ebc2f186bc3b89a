// Containers that a Docker or Podman daemon runs, through Docker's API. docs/engine.md tells how.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "engine/daemon_host.h"
#include "engine/engine.h"

namespace boxcar {

struct DaemonOptions {
  std::string run;    // the run's id
  std::string store;  // absolute; the containers read and write below it
  Seconds grace{10};  // between SIGTERM and SIGKILL after a timeout
  // Whether the run of that id is dead, and what it left is ours now. Its containers are taken up or removed then; all
  // others are left alone.
  std::function<bool(const std::string& run)> claim;
};

// Ends what a dead run of that store and this user left running: its own containers, and those with one of the keys,
// which it had taken up. True: there was something.
Result<bool> end_daemon_run(std::shared_ptr<Daemon> daemon, DaemonOptions options, const std::set<Key>& keys);

// Looks also for what dead runs of the store and this user left there. `sink` outlives the engine.
Result<std::unique_ptr<Engine>> make_daemon_engine(std::shared_ptr<Daemon> daemon, DaemonImageId image_id,
                                                   const DaemonOptions& options, EngineSink& sink);

}  // namespace boxcar
