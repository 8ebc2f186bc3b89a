// Reading trees that a stranger wrote: names as bytes, symlinks never followed, few descriptors however deep they are.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"

namespace boxcar {

// Opens `path` below `root` without following a symlink in any of its components or leaving `root`; "" is `root`
// itself. Invalid when a symlink is met.
Result<UniqueFd> open_beneath(int root, const std::string& path, int flags);

// Follows symlinks as long as they stay below `root`. None, and errno: EXDEV where one leads out.
UniqueFd open_within(int root, const std::string& path, int flags);

// The names in the directory `path` below `root` ("" is `root` itself), sorted by bytes, without "." and "..".
Result<std::vector<std::string>> list_directory(int root, const std::string& path);
// The same of `directory` itself; none of one that can't be read. A symlink at its end is only followed where `follow`.
std::vector<std::string> names_in(const std::string& directory, bool follow = false);

}  // namespace boxcar
