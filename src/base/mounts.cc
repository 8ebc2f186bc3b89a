#include "base/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/fd.h"
#include "base/text.h"
#include "base/user_namespace.h"

namespace boxcar {

namespace {

bool entered = false;

// The kernel writes a blank, a tab, a newline and a backslash in paths as \040 and so on.
std::string unescape(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      out += field[i];
    }
  }
  return out;
}

bool useful_hierarchy(const MountPoint& mount) {
  static constexpr std::array<std::string_view, 3> wanted{"memory", "cpu", "devices"};  // runc insists on devices
  const auto options = split(mount.options, ',');
  return std::find_first_of(options.begin(), options.end(), wanted.begin(), wanted.end()) != options.end();
}

Result<void> leave_needless_cgroups() {
  TRY(const auto mounts, mount_points());
  const auto version_1 = [](const MountPoint& m) { return m.type == "cgroup"; };
  if (std::none_of(mounts.begin(), mounts.end(), version_1)) return {};
  for (const auto& mount : mounts) {
    if (!rootless()) {
      if (mount.type == "cgroup2" || (version_1(mount) && !useful_hierarchy(mount))) CHECK_OK(unmount(mount.target));
    } else if (mount.type == "cgroup2" &&
               ::mount("none", mount.target.c_str(), "tmpfs", MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC, nullptr)) {
      // What came along into a user namespace can't be unmounted there, only covered.
      return fail_errno("covering " + mount.target);
    }
  }
  return {};
}

}  // namespace

Result<void> enter_private_mounts() {
  if (entered) return {};
  CHECK_OK(enter_user_namespace());
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("entering a mount namespace");
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return fail_errno("making mounts private");
  CHECK_OK(leave_needless_cgroups());
  entered = true;
  return {};
}

bool in_private_mounts() {
  return entered;
}

Result<void> mount_overlay(const Overlay& overlay) {
  // The options must fit in a page and know ',' and ':' as separators. Named by descriptors, directories are short and
  // free of both, whatever they are called.
  std::vector<UniqueFd> open;
  const auto name_of = [&](const std::string& path) -> Result<std::string> {
    TRY(auto fd, open_file(path, O_PATH | O_DIRECTORY));
    open.push_back(std::move(fd));
    return "/proc/self/fd/" + std::to_string(open.back().get());
  };
  std::string options = "lowerdir=";
  for (const auto& lower : overlay.lower) {
    TRY(const auto name, name_of(lower));
    options += name + ':';
  }
  options.pop_back();
  if (!overlay.upper.empty()) {
    TRY(const auto upper, name_of(overlay.upper));
    TRY(const auto work, name_of(overlay.work));
    options += ",upperdir=" + upper + ",workdir=" + work;
    options += overlay.redirect_dir ? ",redirect_dir=on,metacopy=off" : "";
  }
  if (rootless()) options += ",userxattr";
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::string_view scratch = overlay.scratch && !overlay.upper.empty() ? ",volatile" : "";
  if (options.size() + scratch.size() >= page) {
    return fail(ErrorKind::Invalid, "cannot mount " + std::to_string(overlay.lower.size()) + " layers at once");
  }
  const auto mount = [&](const std::string& with) {
    return ::mount("overlay", overlay.target.c_str(), "overlay", MS_NODEV, with.c_str()) == 0;
  };
  if (mount(options + std::string(scratch))) return {};
  // Linux before 5.10 does not know `volatile`.
  if (errno == EINVAL && !scratch.empty() && mount(options)) return {};
  return fail_errno("mounting an overlay at " + overlay.target);
}

Result<void> mount_tmpfs(const std::string& target) {
  if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NODEV | MS_NOSUID, "mode=0700") != 0) {
    return fail_errno("mounting a tmpfs at " + target);
  }
  return {};
}

Result<void> unmount(const std::string& target) {
  if (::umount2(target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return fail_errno("unmounting " + target);
  return {};
}

Result<std::vector<MountPoint>> mount_points() {
  TRY(const auto text, read_file("/proc/self/mountinfo"));
  std::vector<MountPoint> mounts;
  for (const auto line : lines(text)) {
    // 36 35 98:0 /root /target rw,noatime shared:1 - type source options      (proc(5); there may be no "shared:1")
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (dash - fields.begin() < 6 || fields.end() - dash < 4) continue;
    mounts.push_back({unescape(fields[3]), unescape(fields[4]), std::string(dash[1]), std::string(dash[3])});
  }
  return mounts;
}

uid_t caller_uid() {
  return ::geteuid();
}

gid_t caller_gid() {
  return ::getegid();
}

}  // namespace boxcar
