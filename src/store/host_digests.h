// Digests of what lies on the host, kept below <store>/digests, one compact file a path.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/tree_digest.h"

namespace boxcar {

class HostDigests final : private DigestCache {
 public:
  HostDigests(std::string directory, Pool& pool) : directory_(std::move(directory)), pool_(pool) {}

  // What was read within the last second counts; later the stat records are looked at again. Thread-safe.
  Result<std::shared_ptr<const TreeDigest>> digest(const std::string& path);
  // What digest() gave last for the path, if anything.
  std::shared_ptr<const TreeDigest> last(const std::string& path);
  // The path is known to have changed.
  void forget(const std::string& path);

 private:
  struct Known {
    std::shared_ptr<const TreeDigest> tree;
    std::int64_t checked = 0;  // microseconds since 1970
  };

  std::shared_ptr<const TreeDigest> find(const std::string& path) override;
  void keep(const std::string& path, const TreeDigest& tree) override;
  std::string file_of(const std::string& path) const;

  const std::string directory_;
  Pool& pool_;
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
};

}  // namespace boxcar
