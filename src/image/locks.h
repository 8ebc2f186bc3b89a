// Which byte of the image store's one lock file stands for what.
#pragma once

#include <string>

#include "base/file_locks.h"
#include "base/sha256.h"

namespace boxcar {

// The whole store: shared by every import for as long as it runs, exclusive for who removes layers or leftovers.
constexpr off_t kStoreLock = 0;
off_t layer_lock(const Digest& diff_id);       // exclusive: who unpacks that layer
off_t image_lock(const Digest& identity);      // shared: who may use the image; exclusive: who removes it
off_t source_lock(const std::string& source);  // exclusive: who fetches from there, "docker://…"
off_t reader_lock(const std::string& mark);    // exclusive: the process that looks into a daemon's images by that mark

Result<FileLocks> open_locks(const std::string& store);

}  // namespace boxcar
