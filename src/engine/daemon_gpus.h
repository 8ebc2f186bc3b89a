// GPUs of the containers that a daemon runs.
#pragma once

#include <optional>
#include <string>

#include "net/daemon.h"

namespace boxcar {

// As `docker run --gpus N` asks for them: HostConfig.DeviceRequests, JSON.
std::string device_requests(int gpus);
// What is wrong in plain words, where `error`, the daemon's, says that it has none to give. NotFound.
std::optional<Error> lack_of_gpus(const Daemon& daemon, const Error& error);
// Whether it gives a container that many, which only starting one tells: one of nothing but boxcar's own helper. Also
// errors of Daemon::call().
Result<void> try_gpus(Daemon& daemon, int gpus);

}  // namespace boxcar
