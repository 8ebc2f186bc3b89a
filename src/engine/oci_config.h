// The config.json of an OCI bundle: what the runtime is told about one container. Text, written directly: it is made
// for every container, and most of it never changes.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/secrets.h"
#include "plan/action.h"
#include "store/workspace.h"

namespace boxcar {

// The usual reduced capabilities, as Podman gives them, on every engine: a JSON array. MKNOD is not among them, since
// under crun no device cgroup keeps a container from opening the disk by a node of its own; NET_RAW is not, since the
// embedded engine's network is the host's.
inline constexpr std::string_view kContainerCapabilities =
    R"(["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_NET_BIND_SERVICE","CAP_SETFCAP",)"
    R"("CAP_SETGID","CAP_SETPCAP","CAP_SETUID","CAP_SYS_CHROOT"])";

// Of /proc and /sys, on every engine: JSON arrays.
inline constexpr std::string_view kMaskedPaths =
    R"(["/proc/acpi","/proc/asound","/proc/interrupts","/proc/kcore","/proc/keys","/proc/latency_stats",)"
    R"("/proc/sched_debug","/proc/scsi","/proc/timer_list","/proc/timer_stats","/sys/devices/virtual/powercap",)"
    R"("/sys/firmware","/sys/fs/selinux"])";
inline constexpr std::string_view kReadonlyPaths =
    R"(["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"])";

struct ContainerUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

struct ContainerSpec {
  const Action* action = nullptr;
  ContainerUser user;
  const Secrets* secrets = nullptr;  // null: none
  std::string root;                  // absolute, on the host: the mounted writable root
  std::vector<Mount> mounts;         // the workspace's, and what the engine adds; parents before children
  std::string cgroup;                // "": the runtime makes none
  bool recursive_readonly = true;    // read-only also where something is mounted below (Linux from 5.12)
  bool reset_domain = false;         // the host has an NIS domain name, which containers shall not see
  bool rootless = false;             // base/user_namespace.h
  bool one_id = false;               // which has one id only: it becomes the container's user, whatever number that has
};

// Invalid when an argument, a variable or a path is not UTF-8: JSON cannot say it.
Result<std::string> oci_config(const ContainerSpec& spec);

}  // namespace boxcar
