// Containers on this machine without a daemon: an overlay root, an OCI bundle, runc or crun.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "image/image_store.h"

namespace boxcar {

struct EmbeddedOptions {
  std::string runtime;  // "crun", "runc" or a path; "": $BOXCAR_RUNTIME, else crun where it works, else runc
  std::string run;      // the run's id: names the cgroup and the runtime's state directory
};

// Enters the private mount namespace (base/mounts.h) and starts the watcher: call before any thread is started.
// The watcher is a small process that ends what is left of the run's containers when this process dies.
Result<void> prepare_embedded(const EmbeddedOptions& options);

// Unavailable with what is missing and how to get it: no runtime, no cgroups, no right to mount.
Result<std::unique_ptr<Engine>> make_embedded_engine(const EmbeddedOptions& options, ImageStore& images, EngineSink& sink);

}  // namespace boxcar
