// The images of a Docker or Podman daemon, for runs whose containers it runs.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "image/daemon_reader.h"
#include "image/found_files.h"
#include "image/image_store.h"
#include "image/images.h"
#include "image/skopeo.h"
#include "net/daemon.h"

namespace boxcar {

class DaemonImages final : public Images {
 public:
  // `place`: what its user takes for the same daemon. `store`: this machine's own, and where fetches are under way;
  // outlives this.
  DaemonImages(std::shared_ptr<Daemon> daemon, std::string place, ImageStore& store);

  // The daemon's image of that name; else that of the local store, or what a registry or the source that is named has,
  // which the daemon is given then: what comes from a registry under its name, all else as boxcar.local/NAME:HASH, so
  // that no image of a user's loses its name.
  Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  // In the same order, but the daemon is given nothing that can be read here.
  Result<std::shared_ptr<const Image>> glimpse(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const override;

  // By which the daemon knows an image that resolve() gave: "sha256:…". NotFound for others.
  Result<std::string> id_of(const Image& image) const;

 private:
  Result<std::shared_ptr<const Image>> look(const std::string& name, PullPolicy policy, bool a_glimpse,
                                            const Fetch& how);
  Result<std::shared_ptr<const Image>> inspect(const std::string& name, const std::string& reference);
  Result<std::shared_ptr<const Image>> loaded(const std::string& name, const std::string& reference,
                                              const Image& given);
  Result<void> load(const ByteSource& archive) const;
  Result<std::shared_ptr<const Image>> from_store(const std::string& name, const std::string& reference,
                                                  const Progress& progress);
  Result<std::shared_ptr<const Image>> fetch(const std::string& source, const std::string& name,
                                             const std::string& reference, PullPolicy policy, const Fetch& how);
  // `lasting`: it is what the image has, and no trouble of the daemon's.
  Result<std::string> read(const std::string& id, const std::string& path, std::size_t limit, bool& lasting) const;

  const std::shared_ptr<Daemon> daemon_;
  const std::string place_;
  ImageStore& store_;
  mutable DaemonReaders readers_;
  const FoundFiles found_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> ids_;  // by reference and identity
};

}  // namespace boxcar
