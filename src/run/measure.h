// What a scale rule measures of an input.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "model/tool.h"

namespace boxcar {

struct Measured {
  std::uint64_t bytes = 0;  // as rule.mode says, of the files that match
  std::uint64_t files = 0;  // that match; 0: nothing does, or there is no such directory
};

// `path` is what feeds the input, a directory or a file (which alone is looked at then), absolute. No symlink below it
// is followed, also not on the way to rule.directory. An item of ScaleRule::Mode::LargestItem is a direct subdirectory
// of rule.directory. Reads every directory: on a pool thread. Invalid: the expression does not compile. Cancelled:
// `given_up` said so, which is asked for each file and directory.
using GivenUp = std::function<bool()>;
Result<Measured> measure(const ScaleRule& rule, const std::string& path, const GivenUp& given_up = {});

}  // namespace boxcar
