#include "store/copy.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/directory.h"
#include "base/text.h"
#include "base/tree_digest.h"

namespace boxcar {

namespace {

Result<void> copy_by_hand(int from, int to) {
  constexpr std::size_t size = std::size_t{1} << 18;
  const std::unique_ptr<char[]> buffer(new char[size]);
  for (;;) {
    const ssize_t n = ::read(from, buffer.get(), size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("reading");
    if (n == 0) return {};
    CHECK_OK(write_all(to, {buffer.get(), static_cast<std::size_t>(n)}));
  }
}

Result<void> copy_file(int from, const std::string& from_path, int to, const std::string& to_path, mode_t mode) {
  TRY(const auto source, open_beneath(from, from_path, O_RDONLY | O_NONBLOCK));
  const UniqueFd target(::openat(to, to_path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target) return fail_errno("creating " + printable(to_path));
  if (auto copied = copy_content(source.get(), target.get()); !copied) {
    return fail(std::move(copied).error().in("copying " + printable(from_path)));
  }
  if (::fchmod(target.get(), mode) != 0) return fail_errno("changing the mode of " + printable(to_path));
  return {};
}

Result<void> copy_symlink(int from, const std::string& from_path, int to, const std::string& to_path) {
  std::string text(4096, '\0');
  const ssize_t n = ::readlinkat(from, from_path.c_str(), text.data(), text.size() - 1);
  if (n < 0) return fail_errno("reading the symlink " + printable(from_path));
  if (::symlinkat(text.substr(0, static_cast<std::size_t>(n)).c_str(), to, to_path.c_str()) != 0) {
    return fail_errno("making the symlink " + printable(to_path));
  }
  return {};
}

}  // namespace

bool has_reflinks(const std::string& directory) {
  const auto file = [&] { return open_file(directory, O_TMPFILE | O_RDWR, 0600); };
  const auto from = file();
  const auto to = file();
  if (!from || !to || !write_all(from->get(), "x")) return false;
  return ::ioctl(to->get(), FICLONE, from->get()) == 0;
}

Result<void> copy_content(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return {};
  struct stat info {};
  if (::fstat(from, &info) != 0) return fail_errno("copying");
  // From one piece of data to the next, so that holes stay holes. Where a file system knows of none, all is one piece.
  for (off_t at = 0; at < info.st_size;) {
    off_t data = ::lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) data = at;
    const off_t hole = ::lseek(from, data, SEEK_HOLE);
    at = hole > data ? hole : info.st_size;
    for (off_t out = data; data < at;) {
      const ssize_t n = ::copy_file_range(from, &data, to, &out, static_cast<std::size_t>(at - data), 0);
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      // Some file systems (proc, FUSE) say 0 at once; others refuse it between two of them.
      if (n == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
        if (::lseek(from, 0, SEEK_SET) != 0 || ::lseek(to, 0, SEEK_SET) != 0) return fail_errno("copying");
        return copy_by_hand(from, to);
      }
      return fail_errno("copying");
    }
  }
  if (::ftruncate(to, info.st_size) != 0) return fail_errno("copying");
  return {};
}

Result<void> copy_tree(int from, const std::string& from_path, int to, const std::string& to_path,
                       const TreeCopy& how) {
  struct stat info {};
  if (::fstatat(from, from_path.c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) {
    return fail_errno("reading " + printable(from_path));
  }
  const auto kind = kind_of(info);
  const bool everyone = how.modes == CopyModes::Everyone;
  if (!kind) return fail(ErrorKind::Invalid, printable(from_path) + " is a FIFO, a socket or a device");
  switch (*kind) {
    case EntryKind::Symlink:
      return copy_symlink(from, from_path, to, to_path);
    case EntryKind::File:
    case EntryKind::Executable: {
      if (how.link && how.link(from_path, info) && ::linkat(from, from_path.c_str(), to, to_path.c_str(), 0) == 0) {
        if (how.linked) how.linked(from_path, to_path);
        return {};
      }
      const mode_t executable = *kind == EntryKind::Executable ? 0111 : 0;
      return copy_file(from, from_path, to, to_path, (everyone ? 0666 : 0644) | executable);
    }
    case EntryKind::Directory:
      break;
  }
  if (!to_path.empty() && ::mkdirat(to, to_path.c_str(), 0755) != 0 && errno != EEXIST) {
    return fail_errno("making the directory " + printable(to_path));
  }
  if (everyone && !to_path.empty() && ::fchmodat(to, to_path.c_str(), 0777, 0) != 0) {
    return fail_errno("changing the mode of " + printable(to_path));
  }
  TRY(const auto names, list_directory(from, from_path));
  for (const auto& name : names)
    CHECK_OK(copy_tree(from, join_path(from_path, name), to, join_path(to_path, name), how));
  return {};
}

}  // namespace boxcar
