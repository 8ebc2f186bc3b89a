// The digest of a file or a tree: a Merkle digest over sorted names (bytes), kinds, the executable bit, content,
// symlink targets. Owners, times and other permission bits do not count. docs/tree-digest.md fixes the encoding.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/sha256.h"

namespace boxcar {

enum class EntryKind : std::uint8_t { File = 'f', Executable = 'x', Directory = 'd', Symlink = 'l' };

// What stat says of an entry, to notice later that it changed. Nanoseconds; the caller's file system decides their
// grain.
struct StatRecord {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  std::int64_t ctime = 0;

  static StatRecord of(const struct stat& info);
  friend bool operator==(const StatRecord&, const StatRecord&) = default;
};

// None for a FIFO, a socket or a device.
std::optional<EntryKind> kind_of(const struct stat& info);

struct TreeEntry {
  // Relative to the root, bytes; "" is the root itself. Parents come before what is in them, siblings sorted by bytes.
  std::string path;
  EntryKind kind = EntryKind::File;
  StatRecord stat;
  Digest digest;  // of a file its content; of a symlink its target; of a directory its Merkle digest
};

struct TreeDigest {
  Digest digest;            // of the root
  std::uint64_t bytes = 0;  // of all files
  std::uint64_t files = 0;
  std::vector<TreeEntry> entries;
  std::int64_t read_at = 0;  // microseconds since 1970, when reading began
};

// The root's digest as it stands in keys: a directory's Merkle digest, a file's SHA-256, which the executable bit
// changes.
Digest root_digest(EntryKind kind, const Digest& digest);
Digest empty_directory_digest();

// Digests of files known from earlier, by absolute root path. A kept digest counts only while the stat record is the
// same and the file had rested before it was read (git's "racy" rule: an mtime or ctime not older than the reading by
// more than the clock's grain is not trusted). Thread-safe. An implementation that keeps nothing is the base class
// itself.
class DigestCache {
 public:
  virtual ~DigestCache() = default;
  // What keep() was given last, or null. keep() is called when some file had to be read.
  virtual std::shared_ptr<const TreeDigest> find(const std::string&) { return nullptr; }
  virtual void keep(const std::string&, const TreeDigest&) {}
};

// `path` may be a file, a directory, or a symlink to either (a symlink as root is followed, those below are not).
// Files are hashed on `pool`, the caller's thread among them. FIFOs, sockets and devices: Invalid. A file that
// changes while it is read: Unavailable.
Result<TreeDigest> digest_tree(const std::string& path, Pool& pool, DigestCache* cache = nullptr);
// The same, with the entries of `known` trusted wherever the stat record is the same and had rested before
// known.read_at.
Result<TreeDigest> digest_tree(const std::string& path, Pool& pool, const TreeDigest& known);

// The first of `entries` whose stat record is no longer the same, or none. What was added shows in its directory's
// mtime. Contents are not read.
std::optional<std::string> first_change(const std::string& path, const std::vector<TreeEntry>& entries);

}  // namespace boxcar
