// The files and directories on which things are mounted in a container, where its image lacks them. The runtime would
// make them in each container's own writable layer, on the disk, to be removed again; here they are made once a run,
// in memory, as one more layer on top of the image's.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "plan/action.h"
#include "store/workspace.h"

namespace boxcar {

class MountPlaces {
 public:
  // `directory`: on a tmpfs, to be filled; nobody else's.
  explicit MountPlaces(std::string directory) : directory_(std::move(directory)) {}

  // The directory of the layer; "" where the image has all places, or where no more layers are made: then the runtime
  // does it. `layers`: the image's, topmost first. Thread-safe.
  std::string layer(const Image& image, const std::vector<std::string>& layers, const std::vector<Mount>& mounts);

 private:
  const std::string directory_;
  std::mutex mutex_;
  std::map<std::string, std::string> layers_;  // of an image and its mounts' targets
};

}  // namespace boxcar
