#include "base/kernel.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/fd.h"

namespace boxcar {

namespace {

bool has_openat2() {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  return static_cast<bool>(UniqueFd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how))));
}

bool has_pidfd() {
  return static_cast<bool>(UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
}

bool has_seccomp_filter() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

struct Feature {
  const char* name;
  bool (*here)();
};

std::vector<std::string> absent(std::initializer_list<Feature> features) {
  std::vector<std::string> names;
  for (const auto& feature : features) {
    if (!feature.here()) names.emplace_back(feature.name);
  }
  return names;
}

}  // namespace

std::string kernel_release() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

// A call that can't succeed, and says that it is not known only where it isn't.
bool has_mount_setattr() {
  return ::syscall(SYS_mount_setattr, -1, nullptr, 0, nullptr, 0) != 0 && errno != ENOSYS;
}

std::vector<std::string> missing_in_kernel() {
  return absent({{"openat2", has_openat2}, {"pidfd_open", has_pidfd}, {"seccomp filters", has_seccomp_filter}});
}

std::vector<std::string> wanted_of_kernel() {
  return absent({{"mount_setattr (what is mounted below an input stays writable)", has_mount_setattr}});
}

}  // namespace boxcar
