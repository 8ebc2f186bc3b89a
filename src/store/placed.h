// What was placed in directories of users, kept below <store>/placed: the next result of the same output takes its
// place, and nothing else's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/tree_digest.h"

namespace boxcar {

// Without digests. A directory is known by its inode, all else by its stat record; a ctime of 0 is not known, as of
// what is renamed after it was looked at.
struct Placed {
  std::string directory;  // absolute
  std::string content;    // what it is: the digest of the output and the path within; "" while it is being placed
  std::vector<TreeEntry> entries;
};

// What was kept there by write_placed(). None also when the file is torn.
std::optional<Placed> read_placed(const std::string& file);
// Not synced: what is not in the list is taken for the user's, and stays.
void write_placed(const std::string& file, const Placed& placed);

// Whether `entry` still is below `directory` as it was looked at; no symlink on the way is followed.
bool is_unchanged(int directory, const TreeEntry& entry);
// Removes those `entries` below `target` that `source` has nothing by the name of, as far as they are unchanged and, if
// directories, empty.
Result<void> remove_gone(const std::vector<TreeEntry>& entries, int source, int target);

}  // namespace boxcar
