// The local images, by identity, below $XDG_DATA_HOME/boxcar/images: layers unpacked once and shared.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "model/image.h"

namespace boxcar {

enum class PullPolicy { Missing, Always, Never };

struct ImageListing {
  std::string reference;  // "" when only its identity is left
  std::shared_ptr<const Image> image;
  std::uint64_t bytes = 0;    // of its layers, unpacked
  std::int64_t imported = 0;  // microseconds since 1970
};

class ImageStore {
 public:
  // Default directory: $XDG_DATA_HOME/boxcar/images, else ~/.local/share/boxcar/images. Makes nothing until the first import.
  static std::string default_directory();
  explicit ImageStore(std::string directory, Pool& pool);
  ~ImageStore();

  // A name as Docker writes it ("bar/a" is docker.io/bar/a:latest), a name@sha256:…, or with a prefix of skopeo's
  // (docker-daemon:, docker-archive:, oci:, containers-storage:, docker://). Without a prefix: the local store, then a local Docker or Podman, then the registry.
  // `progress` is told what is being done, a line at a time. Invalid: malformed name. NotFound: nowhere, and where it was looked for.
  Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                               const std::function<void(const std::string&)>& progress = {});
  // As resolve with a prefix; the image gets the names it carries in the archive or layout, or `as`.
  Result<std::vector<std::shared_ptr<const Image>>> import(const std::string& source, const std::string& as = {},
                                                           const std::function<void(const std::string&)>& progress = {});
  Result<std::vector<ImageListing>> list();
  Result<void> remove(const std::string& name_or_identity);
  // Removes images without a name, and layers no image needs. Gives the bytes freed.
  Result<std::uint64_t> prune(bool dry_run = false);

  // One file out of the image's merged tree, without starting a container: symlinks inside the image are followed, whiteouts
  // hold. NotFound when it isn't there; Exhausted above `limit` bytes.
  Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const;
  // Absolute, topmost first: the lower directories of an overlay. Marks them as in use for as long as this object lives.
  std::vector<std::string> layer_directories(const Image& image) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "bar/a" to "docker.io/bar/a:latest". Invalid with what is wrong.
Result<std::string> normalize_reference(const std::string& name);

}  // namespace boxcar
