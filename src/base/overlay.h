// How a layer of an overlay says what the layers under it do not show (the kernel's
// Documentation/filesystems/overlayfs.rst). Mounting one: base/mounts.h.
#pragma once

#include <sys/stat.h>

#include "base/result.h"

namespace boxcar {

// The attribute that on a directory, with the value "y", says: nothing of the same directory in lower layers shows
// through. A user namespace may set no trusted.* attributes and mounts with `userxattr`.
const char* opaque_xattr();

// An error where that can't be told: taken for none, what lower layers have would show.
Result<bool> is_opaque(int directory);
bool is_whiteout(
    const struct stat& info);  // a 0/0 character device: nothing of that name in lower layers shows through

}  // namespace boxcar
