// What keeps a daemon's container in: what the embedded engine's config.json says, in the words of Docker's API.
#pragma once

#include <string>

#include "engine/daemon_host.h"

namespace boxcar {

// Docker takes the seccomp profile with each container. Podman takes it as a file of its own machine only: it lies in a
// volume of the run's, which goes with what else is left of it, and `host` knows then where. Nothing is done for
// Docker.
Result<void> give_profiles(DaemonHost& host, const std::string& helper);
// Once more where somebody removed them meanwhile, as `podman volume prune` does. True: so it was.
Result<bool> give_lost_profiles(const DaemonHost& host, const std::string& helper);

// Of the HostConfig of a container for an image of that architecture: a JSON object.
std::string confinement(const DaemonHost& host, const std::string& architecture);

}  // namespace boxcar
