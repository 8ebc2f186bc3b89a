#include "base/overlay.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

namespace boxcar {

bool is_opaque(int directory) {
  char value = 0;
  return ::fgetxattr(directory, kOpaqueXattr, &value, 1) == 1 && value == 'y';
}

bool is_whiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

}  // namespace boxcar
