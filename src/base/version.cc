#include "base/version.h"

namespace boxcar {

const char* version() {
  return BOXCAR_VERSION;
}

}  // namespace boxcar
