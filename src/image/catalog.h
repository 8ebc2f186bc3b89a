// What the store knows of images, a small JSON file each: images/<identity>.json, names/<hash>.json for a name,
// sources/<hash>.json for where an image without a name was taken from, and configs/<digest>.json, which are not ours.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/image.h"

namespace boxcar {

// Names carry the whole image and not just its identity: two images of the same layers, and thus of one identity, may
// differ in what their configuration says (environment, user, command).
struct ImageRecord {
  std::string name;   // a reference, a source as the user wrote it, or "" of an identity's own
  std::string stamp;  // of a source that is a file: what it was when it was imported; of a name: FoundImage::docker_id
  std::int64_t imported = 0;  // microseconds since 1970
  Image image;
};

// Thread-safe as the file system is: files are replaced whole.
class Catalog {
 public:
  enum class Kind { Name, Source };
  explicit Catalog(std::string directory) : directory_(std::move(directory)) {}

  Result<void> prepare();  // makes the folders
  // What was not written to its end. The caller has the store for itself.
  Result<void> remove_leftovers();
  // None when it isn't there, or isn't readable as ours.
  std::optional<ImageRecord> find(Kind kind, const std::string& name) const;
  Result<void> put(Kind kind, const ImageRecord& record);
  Result<void> put_identity(const ImageRecord& record);
  Result<void> drop(Kind kind, const std::string& name);
  Result<void> drop_identity(const Digest& identity);

  // The configurations that images came with, as they came, by their digests.
  Result<void> put_config(const Digest& digest, const std::string& text);
  Result<std::string> config(const Digest& digest) const;  // Invalid when it is not what it was
  Result<void> keep_only_configs(const std::set<Digest>& needed);

  Result<std::vector<ImageRecord>> all(Kind kind) const;
  Result<std::vector<ImageRecord>> identities() const;

 private:
  std::string path(Kind kind, const std::string& name) const;
  std::string path(const Digest& identity) const;
  std::string config_path(const Digest& digest) const;

  std::string directory_;
};

}  // namespace boxcar
