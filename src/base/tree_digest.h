// The digest of a file or a tree: a Merkle digest over sorted names (bytes), kinds, the executable bit, content, symlink
// targets. Owners, times and other permission bits do not count. docs/cache-key.md fixes the encoding.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/sha256.h"

namespace boxcar {

enum class EntryKind : std::uint8_t { File = 'f', Executable = 'x', Directory = 'd', Symlink = 'l' };

// What stat says of an entry, to notice later that it changed. Nanoseconds; the caller's file system decides their grain.
struct StatRecord {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::int64_t ctime = 0;

  friend bool operator==(const StatRecord&, const StatRecord&) = default;
};

struct TreeEntry {
  std::string path;  // relative to the root, bytes; "" is the root itself. Parents come before what is in them, siblings sorted by bytes
  EntryKind kind = EntryKind::File;
  StatRecord stat;
  Digest digest;     // of a file its content; of a symlink its target; of a directory its Merkle digest
};

struct TreeDigest {
  Digest digest;               // of the root
  std::uint64_t bytes = 0;     // of all files
  std::uint64_t files = 0;
  std::vector<TreeEntry> entries;
};

// Digests of files known from earlier, by absolute root path. A kept digest counts only while the stat record is the same and the
// file had rested before it was read (git's "racy" rule: an mtime or ctime not older than the reading by more than the clock's grain is not trusted).
// Thread-safe. An implementation that keeps nothing is the base class itself.
class DigestCache {
 public:
  virtual ~DigestCache() = default;
  struct Kept {
    std::vector<TreeEntry> entries;  // as TreeDigest::entries
    std::int64_t read_at = 0;        // microseconds since 1970, when reading began
  };
  virtual std::shared_ptr<const Kept> find(const std::string&) { return nullptr; }
  virtual void keep(const std::string&, Kept) {}
};

// `path` may be a file, a directory, or a symlink to either (a symlink as root is followed, those below are not).
// Files are hashed on `pool`, the caller's thread among them. FIFOs, sockets and devices: Invalid. A file that
// changes while it is read: Unavailable.
Result<TreeDigest> digest_tree(const std::string& path, Pool& pool, DigestCache* cache = nullptr);

// Whether the tree still has the stat records of `entries`, and nothing was added (a directory's mtime tells). Contents
// are not read.
bool unchanged(const std::string& path, const std::vector<TreeEntry>& entries);

}  // namespace boxcar
