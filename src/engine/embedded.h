// Containers on this machine without a daemon: an overlay root, an OCI bundle, runc or crun. docs/engine.md tells how.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace boxcar {

struct EmbeddedOptions {
  std::string runtime;  // "crun", "runc" or a path; "": $BOXCAR_RUNTIME, else crun where it works, else runc
  std::string run;      // the run's id, unique on this machine: names the cgroup
  Seconds grace{10};    // between SIGTERM and SIGKILL after a timeout
};

// Enters the private namespaces (base/mounts.h; Denied where that is forbidden) and starts the watcher: call before any
// thread is started. The second call does nothing. The watcher is a small process that ends what is left of the run's
// containers when this process dies, however it dies.
Result<void> prepare_embedded(const EmbeddedOptions& options);

// The lower directories of an image's root: absolute, topmost first (ImageStore::layer_directories). On a pool thread.
using ImageLayers = std::function<Result<std::vector<std::string>>(const Image&)>;

// After prepare_embedded(). Unavailable with what is missing and how to get it. `sink` outlives the engine.
Result<std::unique_ptr<Engine>> make_embedded_engine(const EmbeddedOptions& options, ImageLayers layers,
                                                     EngineSink& sink);

}  // namespace boxcar
