// The program of helper/helper.c, which is linked into this one.
#pragma once

#include <string_view>

namespace boxcar {

std::string_view helper_binary();

}  // namespace boxcar
