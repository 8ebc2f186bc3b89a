#include "base/overlay.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>
#include <string>

#include "base/user_namespace.h"

namespace boxcar {

const char* opaque_xattr() {
  return rootless() ? "user.overlay.opaque" : "trusted.overlay.opaque";
}

Result<bool> is_opaque(int directory) {
  char value = 0;
  const ssize_t size = ::fgetxattr(directory, opaque_xattr(), &value, 1);
  if (size == 1) return value == 'y';
  // None; none of that length; a file system that can have none.
  if (size == 0 || errno == ENODATA || errno == ERANGE || errno == ENOTSUP) return false;
  return fail_errno(std::string("reading the attribute ") + opaque_xattr());
}

bool is_whiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

}  // namespace boxcar
