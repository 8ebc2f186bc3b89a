// Namespaces, mounts and ids. What an ordinary user has in root's place: base/user_namespace.h.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

// Enters a mount namespace of its own, an ordinary user's process first a user namespace (enter_user_namespace()).
// Nothing propagates back from it, so every mount made here dies with the process and its children; what the host
// mounts later still appears (a disk, an automount). The cgroup hierarchies of version 1 that boxcar has no use for are
// unmounted in it, since runc would make a group in each for every container, and beside those of version 1 also that
// of version 2: crun refuses to run on such a hybrid. Call before any thread is started; the second call does nothing.
// Without the right to, Denied.
Result<void> enter_private_mounts();
bool in_private_mounts();  // whether overlays can be mounted

struct Overlay {
  std::vector<std::string> lower;  // absolute, topmost first; at least one, at most about 200
  std::string upper;               // "" with `work`: read-only
  std::string work;
  std::string target;         // an existing directory
  bool redirect_dir = false;  // renaming a directory of a lower layer works; not for an ordinary user
  bool scratch = false;       // what is written is thrown away: nothing of it is ever synced to the disk
};

// Device nodes in it never work. From any thread. Paths may hold any byte.
Result<void> mount_overlay(const Overlay& overlay);
Result<void> mount_tmpfs(const std::string& target);  // readable by its owner alone
Result<void> unmount(const std::string& target);      // lazily

struct MountPoint {
  std::string root;  // what of the file system is mounted: "/" or a directory in it
  std::string target;
  std::string type;     // "ext4", "cgroup2"
  std::string options;  // of the file system, between commas: "rw,memory"
};

// The mounts of this namespace, in the order they were made.
Result<std::vector<MountPoint>> mount_points();

// Who results belong to: the caller of boxcar (SUDO_UID is not looked at), who is 0 in a user namespace of his own.
uid_t caller_uid();
gid_t caller_gid();

}  // namespace boxcar
