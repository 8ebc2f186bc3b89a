// The images of a Docker or Podman daemon, for runs whose containers it runs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "image/images.h"
#include "image/skopeo.h"
#include "net/daemon.h"

namespace boxcar {

class DaemonImages final : public Images {
 public:
  explicit DaemonImages(std::shared_ptr<Daemon> daemon) : daemon_(std::move(daemon)) {}

  // What the daemon lacks is put into it by skopeo: from the registry or the source that is named, with this user's
  // credentials. What is no name of its own (an archive, a layout, a digest) gets the name boxcar.local/HASH there.
  Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const override;

  // By which the daemon knows an image that resolve() gave: "sha256:…". NotFound for others.
  Result<std::string> id_of(const Image& image) const;

 private:
  Result<std::shared_ptr<const Image>> inspect(const std::string& name, const std::string& reference);
  Result<std::shared_ptr<const Image>> fetch(const std::string& source, const std::string& name,
                                             const std::string& reference, const Fetch& how);

  const std::shared_ptr<Daemon> daemon_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> ids_;  // by reference and identity
};

}  // namespace boxcar
