// The store's one lock file, a byte range a thing. Locks belong to the open file description (OFD), so they hold
// between threads as between processes, are let go when the description is closed, and die with a killed process.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/sha256.h"

namespace boxcar {

enum class LockMode { Shared, Exclusive };

using LockRange = std::int64_t;

// The whole store: shared by every import for as long as it runs, exclusive for who removes layers or leftovers.
constexpr LockRange kStoreLock = 0;
LockRange layer_lock(const Digest& diff_id);   // exclusive: who unpacks that layer
LockRange image_lock(const Digest& identity);  // shared: who may use the image; exclusive: who removes it

// Not thread-safe; locks taken through one object never exclude each other.
class RangeLocks {
 public:
  static Result<RangeLocks> open(const std::string& path);

  Result<void> lock(LockRange range, LockMode mode);      // waits; also changes a lock held, without a gap
  Result<bool> try_lock(LockRange range, LockMode mode);  // false: another holds it
  void unlock(LockRange range);

 private:
  explicit RangeLocks(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace boxcar
