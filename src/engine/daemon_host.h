// What all containers of one daemon engine share.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "model/image.h"
#include "net/daemon.h"

namespace boxcar {

// By which the daemon knows an image (DaemonImages::id_of).
using DaemonImageId = std::function<Result<std::string>(const Image&)>;

struct DaemonHost {
  std::shared_ptr<Daemon> daemon;
  DaemonImageId image_id;
  std::string store;     // absolute: whose containers these are, with this user
  std::string run;       // the run's id
  std::string profiles;  // where seccomp profiles lie on Podman's machine, a directory; "": it is no Podman
  DaemonUsers users;
  bool visible = true;       // the daemon sees this machine's files; else they are sent to it and fetched from it
  bool same_machine = true;  // its processes can be looked at
};

// Whether a container's State.Status says that its first process is gone: Podman's "stopped" becomes "exited" once it
// has cleared up.
inline bool has_ended(std::string_view status) {
  return status == "exited" || status == "stopped";
}

// The labels by which a later run knows what a dead one left.
inline constexpr const char* kRunLabel = "boxcar.run";
inline constexpr const char* kKeyLabel = "boxcar.key";
inline constexpr const char* kStoreLabel = "boxcar.store";
inline constexpr const char* kUidLabel = "boxcar.uid";
inline constexpr const char* kStepLabel = "boxcar.step";
inline constexpr const char* kAttemptLabel = "boxcar.attempt";

}  // namespace boxcar
