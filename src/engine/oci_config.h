// The config.json of an OCI bundle: what the runtime is told about one container. Text, written directly: it is made
// for every container, and most of it never changes.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/action.h"
#include "store/workspace.h"

namespace boxcar {

struct ContainerUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

struct ContainerSpec {
  const Action* action = nullptr;
  ContainerUser user;
  std::string root;                // absolute, on the host: the mounted writable root
  std::vector<Mount> mounts;       // the workspace's, and what the engine adds; parents before children
  std::string cgroup;              // "": the runtime makes none
  bool recursive_readonly = true;  // read-only also where something is mounted below (Linux from 5.12)
  bool reset_domain = false;       // the host has an NIS domain name, which containers shall not see
};

// Invalid when an argument, a variable or a path is not UTF-8: JSON cannot say it.
Result<std::string> oci_config(const ContainerSpec& spec);

}  // namespace boxcar
