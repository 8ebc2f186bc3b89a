#include "base/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "base/user_namespace.h"

namespace boxcar {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("making a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return fail_errno("opening " + path);
  return UniqueFd(fd);
}

Result<UniqueFd> open_in_root(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (fd < 0) return fail_errno("opening " + path);
  return UniqueFd(static_cast<int>(fd));
}

Result<std::string> read_all(int fd, std::size_t limit) {
  std::string text;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    if (static_cast<std::size_t>(info.st_size) > limit) {
      return fail(ErrorKind::Exhausted, "larger than " + std::to_string(limit) + " bytes");
    }
    text.reserve(static_cast<std::size_t>(info.st_size) + 1);
  }
  for (;;) {
    const std::size_t have = text.size();
    text.resize(std::max(text.capacity(), have + 4096));
    const ssize_t n = ::read(fd, text.data() + have, text.size() - have);
    text.resize(have + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return text;
    if (n < 0 && errno != EINTR) return fail_errno("reading");
    if (text.size() > limit) return fail(ErrorKind::Exhausted, "larger than " + std::to_string(limit) + " bytes");
  }
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  TRY(const auto fd, open_file(path, O_RDONLY));
  auto text = read_all(fd.get(), limit);
  if (!text) return fail(std::move(text).error().in(path));
  return text;
}

Result<void> write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("writing");
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> write_file(const std::string& path, std::string_view data, mode_t mode) {
  TRY(const auto fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
  if (auto done = write_all(fd.get(), data); !done) return fail(std::move(done).error().in(path));
  return {};
}

Result<void> replace_file(const std::string& path, std::string_view data, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail_errno("creating " + temporary);
  const auto write = [&]() -> Result<void> {
    CHECK_OK(write_all(fd.get(), data));
    if (::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0) return fail_errno("writing " + temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno("renaming " + temporary + " to " + path);
    return {};
  };
  auto written = write();
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> make_directories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno == ENOENT) {
    CHECK_OK(make_directories(std::string(directory_name(path)), mode));
    if (::mkdir(path.c_str(), mode) == 0) return {};
  }
  struct stat info {};
  if (errno == EEXIST && ::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    errno = ENOTDIR;
  }
  // Something is in the way. NotFound would speak of what somebody named, and this was to be made.
  Error error = errno_error("making the directory " + path, errno);
  if (error.kind == ErrorKind::NotFound) error.kind = ErrorKind::Denied;
  return fail(std::move(error));
}

namespace {

// Removes what is in the directory `fd`. The depth of a tree is bounded by nothing but the disk, so directories
// deeper than this are moved up first instead of opening one descriptor a level.
constexpr int kMaxOpenLevels = 200;

Result<void> empty_directory(int fd, int top, int level) {
  DIR* stream = ::fdopendir(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (stream == nullptr) return fail_errno("listing a directory");
  Result<void> result;
  while (result) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) {
      if (errno != 0) result = fail_errno("listing a directory");
      break;
    }
    const char* name = entry->d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
    if (entry->d_type != DT_DIR) {
      if (::unlinkat(fd, name, 0) == 0 || errno == ENOENT) continue;
      if (errno != EISDIR) {
        // A directory that its owner may not write, left so by a container.
        if (::fchmod(fd, 0700) == 0 && ::unlinkat(fd, name, 0) == 0) continue;
        result = fail_errno("removing " + std::string(name));
        break;
      }
    }
    if (::unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT) continue;
    if (level >= kMaxOpenLevels) {
      static std::atomic<unsigned> counter = 0;
      const std::string moved = ".deep-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
      if (::renameat(fd, name, top, moved.c_str()) != 0) result = fail_errno("moving " + std::string(name));
      continue;
    }
    UniqueFd child(::openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child && errno == EACCES && ::fchmodat(fd, name, 0700, 0) == 0) {
      child.reset(::openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!child) {
      result = fail_errno("opening " + std::string(name));
      break;
    }
    ::fchmod(child.get(), 0700);
    result = empty_directory(child.get(), top, level + 1);
    if (result && ::unlinkat(fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT) {
      result = fail_errno("removing the directory " + std::string(name));
    }
  }
  ::closedir(stream);
  return result;
}

}  // namespace

Result<void> remove_tree(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  // Several rounds, since very deep directories were moved to the top by the round before.
  for (;;) {
    if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno("removing " + path);
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd && errno == EACCES && ::chmod(path.c_str(), 0700) == 0) {
      fd.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!fd) return fail_errno("opening " + path);
    ::fchmod(fd.get(), 0700);
    if (auto emptied = empty_directory(fd.get(), fd.get(), 0); !emptied) {
      return fail(std::move(emptied).error().in("removing " + path));
    }
  }
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (name.empty()) return path;
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

namespace {

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

}  // namespace

std::string_view base_name(std::string_view path) {
  path = without_trailing_slashes(path);
  return path.substr(path.rfind('/') + 1);
}

std::string_view directory_name(std::string_view path) {
  path = without_trailing_slashes(path);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return slash == 0 ? "/" : without_trailing_slashes(path.substr(0, slash));
}

std::string absolute_path(std::string_view path, std::string_view base) {
  const std::string whole = !path.empty() && path.front() == '/' ? std::string(path) : join_path(base, path);
  std::string out;
  for (const auto part : split(whole, '/')) {
    if (part == "..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
    } else if (!part.empty() && part != ".") {
      (out += '/') += part;
    }
  }
  return out.empty() ? "/" : out;
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::string current_directory() {
  char buffer[PATH_MAX];
  return ::getcwd(buffer, sizeof buffer) == nullptr ? "/" : buffer;
}

std::string home_directory() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return home;
  const passwd* entry = ::getpwuid(outside_uid());
  return entry != nullptr && entry->pw_dir != nullptr && *entry->pw_dir == '/' ? entry->pw_dir : "/";
}

}  // namespace boxcar
