#include "base/overlay.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/user_namespace.h"

namespace boxcar {

const char* opaque_xattr() {
  return rootless() ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

bool is_opaque(int directory) {
  char value = 0;
  return ::fgetxattr(directory, opaque_xattr(), &value, 1) == 1 && value == 'y';
}

bool is_whiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

}  // namespace boxcar
