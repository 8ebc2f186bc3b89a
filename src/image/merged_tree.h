// One file out of an image's layers, as the overlay of them would show it, without a mount.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

// `layers`: directories, topmost first. `path` starts at the image's root; symlinks are followed inside the image,
// across layers. NotFound when nothing is there; Invalid when it is no regular file or its symlinks go in circles;
// Exhausted above `limit` bytes.
Result<std::string> read_merged_file(const std::vector<std::string>& layers, const std::string& path,
                                     std::size_t limit);

}  // namespace boxcar
