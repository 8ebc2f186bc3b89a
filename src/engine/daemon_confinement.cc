#include "engine/daemon_confinement.h"

#include "base/fd.h"
#include "base/text.h"
#include "base/ustar.h"
#include "engine/daemon_container.h"
#include "engine/daemon_files.h"
#include "engine/oci_config.h"
#include "engine/seccomp_profile.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

// The embedded engine's containers see no cgroups either. Docker and Podman leave the tmpfs above those of version 1
// open to be written.
constexpr const char* kCgroups = "/sys/fs/cgroup";

// All but kContainerCapabilities, of those that a daemon may give by default. To drop all and add those would give them
// to ordinary users too, as Podman reads it.
Json dropped_capabilities() {
  return {"AUDIT_CONTROL", "AUDIT_READ",     "AUDIT_WRITE",     "BLOCK_SUSPEND", "DAC_READ_SEARCH", "IPC_LOCK",
          "IPC_OWNER",     "LEASE",          "LINUX_IMMUTABLE", "MAC_ADMIN",     "MAC_OVERRIDE",    "MKNOD",
          "NET_ADMIN",     "NET_BROADCAST",  "NET_RAW",         "SYSLOG",        "SYS_ADMIN",       "SYS_BOOT",
          "SYS_MODULE",    "SYS_NICE",       "SYS_PACCT",       "SYS_PTRACE",    "SYS_RAWIO",       "SYS_RESOURCE",
          "SYS_TIME",      "SYS_TTY_CONFIG", "WAKE_ALARM"};
}

std::string volume_name(const DaemonHost& host) {
  return "boxcar-" + host.run + "-seccomp";
}

// There is one profile for images of 64 bits, and one for each kind of 32 bits.
std::string profile_file(const std::string& architecture) {
  return architecture == "386" || architecture == "arm" ? architecture + ".json" : "native.json";
}

}  // namespace

Result<void> give_profiles(DaemonHost& host, const std::string& helper) {
  if (!host.daemon->podman()) return {};
  std::vector<TarMember> files;
  for (const char* architecture : {"native", "386", "arm"})
    files.push_back({profile_file(architecture), seccomp_profile(architecture)});
  const Json labels = Json::parse(daemon_labels(host));
  TRY(const auto made,
      host.daemon->post("/volumes/create", Json{{"Name", volume_name(host)}, {"Labels", labels}}.dump()));
  const Json mount = {{"Type", "volume"}, {"Source", volume_name(host)}, {"Target", "/profiles"}};
  CHECK_OK(through_container(host, helper, Json::array({mount}).dump(), [&](const std::string& container) {
    return put_archive(*host.daemon, container, "/profiles", tar_of(files));
  }));
  host.profiles = text_in(json_object(made.body), "Mountpoint");
  return {};
}

Result<bool> give_lost_profiles(const DaemonHost& host, const std::string& helper) {
  if (!host.daemon->podman()) return false;
  const auto there = host.daemon->get("/volumes/" + volume_name(host));
  if (there || there.error().kind != ErrorKind::NotFound) return false;
  DaemonHost again = host;  // in the same place
  CHECK_OK(give_profiles(again, helper));
  return true;
}

std::string confinement(const DaemonHost& host, const std::string& architecture) {
  Json masked = Json::parse(kMaskedPaths);
  masked.push_back(kCgroups);
  // Files of the user's are not given labels of SELinux' for a container's sake.
  Json options = {"no-new-privileges", "label=disable"};
  if (host.daemon->podman()) {
    options.push_back("seccomp=" + join_path(host.profiles, profile_file(architecture)));
    options.push_back("mask=" + join(masked.get<std::vector<std::string>>(), ":"));
  } else {
    options.push_back("seccomp=" + seccomp_profile(architecture));
  }
  return Json{{"CapDrop", dropped_capabilities()},
              {"SecurityOpt", options},
              {"MaskedPaths", masked},
              {"ReadonlyPaths", Json::parse(kReadonlyPaths)}}
      .dump();
}

}  // namespace boxcar
