// How a container of a daemon ended, and what it leaves.
#pragma once

#include <optional>
#include <string>

#include "engine/daemon_container.h"

namespace boxcar {

// A copy of what the engine's loop knows of a container that is over, or that it gives up.
struct DaemonEnd {
  DaemonContainer* container = nullptr;
  std::string gone;    // why there is no container any more
  double seconds = 0;  // it ran, as seen from here
  bool stopped = false;
  bool timed_out = false;
  Usage usage;
  bool usage_is_old = false;  // by the time it ended it may have been far more
};

// Blocks, for a pool thread, whose the container is meanwhile. Outputs are fetched and owned, the container is removed,
// unless it is gone. None: it is not over, whatever the daemon said.
std::optional<Ending> ending_of(const DaemonEnd& end, const std::string& helper);

}  // namespace boxcar
