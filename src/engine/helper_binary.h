// The program of helper/helper.c, which is linked into this one.
#pragma once

#include <string_view>

namespace boxcar {

std::string_view helper_binary();

// Behind why a container does not start, where the helper does not either.
inline constexpr const char* kNorTheHelper = "; nor does boxcar's own helper start: 'boxcar doctor' says more";

}  // namespace boxcar
