// One file out of an image's layers, as the overlay of them would show it, without a mount.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

// The directory of the `i`th layer, topmost first; "" past the last. Asked for one after another, as far as they are
// needed.
using LayerTrees = std::function<Result<std::string>(std::size_t i)>;

// `path` starts at the image's root; symlinks are followed inside the image, across layers. NotFound when nothing is
// there; Invalid when it is no regular file or its symlinks go in circles; Exhausted above `limit` bytes; or what
// `layers` fails with.
Result<std::string> read_merged_file(const LayerTrees& layers, const std::string& path, std::size_t limit);
Result<std::string> read_merged_file(const std::vector<std::string>& layers, const std::string& path,
                                     std::size_t limit);

}  // namespace boxcar
