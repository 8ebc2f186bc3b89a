#include "base/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"

namespace boxcar {

Result<UniqueFd> open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long fd = ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how);
  if (fd >= 0) return UniqueFd(static_cast<int>(fd));
  const int number = errno;
  if (number == ELOOP) return fail(ErrorKind::Invalid, printable(path) + " is or leads through a symlink");
  if (number == ENAMETOOLONG) return fail(ErrorKind::Invalid, "the path is too long: " + printable(path));
  return fail(errno_error("opening " + (path.empty() ? "." : printable(path)), number));
}

UniqueFd open_within(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how)));
}

Result<std::vector<std::string>> list_directory(int root, const std::string& path) {
  TRY(auto fd, open_beneath(root, path, O_RDONLY | O_DIRECTORY));
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) return fail_errno("listing " + printable(path));
  fd.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int number = errno;
  ::closedir(stream);
  if (number != 0) return fail(errno_error("listing " + printable(path), number));
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> names_in(const std::string& directory, bool follow) {
  const auto fd = open_file(directory, O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
  if (!fd) return {};
  return list_directory(fd->get(), "").value_or(std::vector<std::string>());
}

}  // namespace boxcar
