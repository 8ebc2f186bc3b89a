// Namespaces, mounts and ids: the one place that knows what this process may do as root or as an ordinary user.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

// Enters a mount namespace of its own, where nothing propagates back, so that every mount made here dies with the
// process. On a hybrid cgroup machine the v2 hierarchy is unmounted in it: crun refuses to run beside it. Call before any
// thread is started; the second call does nothing. Without the right to, Denied.
Result<void> enter_private_mounts();
bool in_private_mounts();  // whether overlays can be mounted

struct Overlay {
  std::vector<std::string> lower;  // absolute, topmost first; at least one
  std::string upper;               // "" with `work`: read-only
  std::string work;
  std::string target;              // an existing directory
  bool redirect_dir = false;       // renaming a directory of a lower layer works
};

// Many layers make options longer than a page: then the calling thread's working directory must be its own (base/pool.h).
Result<void> mount_overlay(const Overlay& overlay);
Result<void> unmount(const std::string& target);  // lazily

// Who results belong to: the caller of boxcar (SUDO_UID is not looked at).
uid_t caller_uid();
gid_t caller_gid();

}  // namespace boxcar
