// Where a run's images come from: the local store (image_store.h) for the embedded engine, a daemon's own images
// (daemon_images.h) where that runs the containers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "image/credentials.h"
#include "model/image.h"

namespace boxcar {

enum class PullPolicy { Missing, Always, Never };
using Progress = std::function<void(const std::string&)>;  // told what is being done, a line at a time

// Thread-safe.
class Images {
 public:
  virtual ~Images() = default;

  // A name as Docker writes it ("bar/a" is docker.io/bar/a:latest), a name@sha256:…, or with a prefix of skopeo's
  // (docker-daemon:, docker-archive:, oci:, oci-archive:, containers-storage:, docker://). `Always` passes over what is
  // here already; `Never` asks nobody else. `credentials` are for the registry; without them those count that
  // credentials.h tells of. `progress` is called from any thread but never by two at once.
  // Invalid: a malformed name, a faulty image, or a source of several images. Otherwise the error names every place
  // that was asked and its answer: NotFound when it is nowhere; Denied, Unavailable, Internal when the last place did
  // not let us look, or gave what it should not.
  virtual Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                                       const Progress& progress = {},
                                                       const std::optional<Credentials>& credentials = {}) = 0;
  // For who wants only to read_file() out of it: the same, but less may be fetched. Such an image can't be run.
  virtual Result<std::shared_ptr<const Image>> glimpse(const std::string& name, PullPolicy policy,
                                                       const Progress& progress = {},
                                                       const std::optional<Credentials>& credentials = {}) {
    return resolve(name, policy, progress, credentials);
  }
  // One file out of the image, without starting a container: symlinks inside the image are followed. NotFound when it
  // isn't there; Invalid when it is no regular file; Exhausted above `limit` bytes. With a limit of 0 it is only looked
  // for, and nothing is read.
  virtual Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const = 0;
};

}  // namespace boxcar
