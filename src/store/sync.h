// Making sure that a tree survives a power failure.
#pragma once

#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"

namespace boxcar {

// Syncs files and directories below the directory open as `root`: first all data is sent on its way, then each is
// waited for. The journal is written once for all of them that way.
Result<void> sync_entries(int root, const std::vector<std::string>& paths, Pool& pool);
Result<void> sync_directory(const std::string& path);

}  // namespace boxcar
