#include "engine/helper_binary.h"

// BOXCAR_HELPER is the built program's path (cmake/Helper.cmake).
__asm__(
    ".pushsection .rodata\n"
    "boxcar_helper_begin:\n"
    ".incbin \"" BOXCAR_HELPER
    "\"\n"
    "boxcar_helper_end:\n"
    ".popsection\n");
extern "C" const char boxcar_helper_begin[] __attribute__((visibility("hidden")));
extern "C" const char boxcar_helper_end[] __attribute__((visibility("hidden")));

namespace boxcar {

std::string_view helper_binary() {
  return {boxcar_helper_begin, static_cast<std::size_t>(boxcar_helper_end - boxcar_helper_begin)};
}

}  // namespace boxcar
