// Results into a user's directory.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/directory.h"
#include "base/text.h"
#include "base/tree_digest.h"
#include "store/copy.h"
#include "store/state.h"

namespace boxcar {

namespace {

constexpr std::string_view kStaging = ".boxcar-export-";

// A directory in which files grow until they are whole, in the file system that they are for. It is locked: what no
// living export holds any more was left by a broken one, and is removed by the next.
class Staging {
 public:
  static Result<Staging> make(const std::string& in) {
    remove_left(in);
    for (int i = 0; i < 100; ++i) {
      std::string path = join_path(in, std::string(kStaging) + "XXXXXX");
      if (::mkdtemp(path.data()) == nullptr) return fail_errno("writing into " + printable(in));
      UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct stat info {};
      if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;  // another export takes it for a left one
      if (::fstat(fd.get(), &info) == 0 && info.st_nlink > 0) return Staging(std::move(path), std::move(fd));
    }
    return fail(ErrorKind::Unavailable, "another boxcar exports to " + printable(in));
  }

  Staging(Staging&&) = default;
  ~Staging() {
    if (fd_) (void)remove_tree(path_);
  }

  int fd() const { return fd_.get(); }

 private:
  Staging(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  static void remove_left(const std::string& in) {
    const auto fd = open_file(in, O_RDONLY | O_DIRECTORY);
    if (!fd) return;
    const auto names = list_directory(fd->get(), "");
    if (!names) return;
    for (const auto& name : *names) {
      if (!name.starts_with(kStaging)) continue;
      const UniqueFd left(::openat(fd->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (left && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0) (void)remove_tree(join_path(in, name));
    }
  }

  std::string path_;
  UniqueFd fd_;
};

class Export {
 public:
  Export(int from, int to, const Staging& staging) : from_(from), to_(to), staging_(staging) {}

  // `from_path` below the source becomes `to_path` below the target.
  Result<void> place(const std::string& from_path, const std::string& to_path) {
    struct stat info {};
    if (::fstatat(from_, from_path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
      return fail_errno("reading " + printable(from_path));
    if (S_ISDIR(info.st_mode)) return directory(from_path, to_path);
    CHECK_OK(copy_tree(from_, from_path, staging_.fd(), "next"));
    if (::renameat(staging_.fd(), "next", to_, to_path.c_str()) == 0) return {};
    // A directory that is empty may go; one with something in it is the user's.
    if (errno == EISDIR && ::unlinkat(to_, to_path.c_str(), AT_REMOVEDIR) == 0 &&
        ::renameat(staging_.fd(), "next", to_, to_path.c_str()) == 0) {
      return {};
    }
    const int number = errno;
    if (number == ENOTEMPTY || number == EEXIST) {
      return fail(ErrorKind::Invalid,
                  printable(to_path) + " is a directory with files in it, where a file is to be written");
    }
    return fail(errno_error("writing " + printable(to_path), number));
  }

  Result<void> contents(const std::string& from_path, const std::string& to_path) {
    TRY(const auto names, list_directory(from_, from_path));
    for (const auto& name : names) {
      CHECK_OK(place(from_path.empty() ? name : from_path + '/' + name, to_path.empty() ? name : to_path + '/' + name));
    }
    return {};
  }

 private:
  Result<void> directory(const std::string& from_path, const std::string& to_path) {
    struct stat info {};
    if (::fstatat(to_, to_path.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode)) {
      // As a file in the way of a file is replaced. A symlink is not followed: what it leads to may be anyone's.
      if (::unlinkat(to_, to_path.c_str(), 0) != 0) return fail_errno("replacing " + printable(to_path));
    }
    if (::mkdirat(to_, to_path.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno("making " + printable(to_path));
    return contents(from_path, to_path);
  }

  const int from_, to_;
  const Staging& staging_;
};

}  // namespace

Result<void> export_port(const std::string& source, PortKind kind, const std::string& to) {
  const auto run = [&]() -> Result<void> {
    struct stat info {};
    const bool into = kind == PortKind::Directory || (::stat(to.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
    const std::string directory = into ? to : std::string(directory_name(to));
    CHECK_OK(make_directories(directory));
    TRY(const auto staging, Staging::make(directory));
    TRY(const auto target, open_file(directory, O_RDONLY | O_DIRECTORY));
    if (kind == PortKind::Directory) {
      TRY(const auto from, open_file(source, O_RDONLY | O_DIRECTORY));
      return Export(from.get(), target.get(), staging).contents("", "");
    }
    TRY(const auto from, open_file(std::string(directory_name(source)), O_RDONLY | O_DIRECTORY));
    return Export(from.get(), target.get(), staging)
        .place(std::string(base_name(source)), std::string(base_name(into ? source : to)));
  };
  auto done = run();
  if (!done) return fail(std::move(done).error().in("copying to " + printable(to)));
  return done;
}

Result<void> Store::remove_gone(const std::string& source, const std::string& to) {
  const auto before = state_->host.last(to);
  if (!before) return {};
  TRY(const auto result, open_file(source, O_PATH | O_DIRECTORY));
  TRY(const auto target, open_file(to, O_PATH | O_DIRECTORY));
  // Children come before their directories.
  for (auto entry = before->entries.rbegin(); entry != before->entries.rend(); ++entry) {
    struct stat info {};
    const char* path = entry->path.c_str();
    if (entry->path.empty() || ::fstatat(result.get(), path, &info, AT_SYMLINK_NOFOLLOW) == 0) continue;
    if (::fstatat(target.get(), path, &info, AT_SYMLINK_NOFOLLOW) != 0 || info.st_ino != entry->stat.inode) continue;
    const bool directory = S_ISDIR(info.st_mode);
    if (!directory && StatRecord::of(info) != entry->stat) continue;
    if (::unlinkat(target.get(), path, directory ? AT_REMOVEDIR : 0) != 0 && errno != ENOTEMPTY && errno != EEXIST) {
      return fail_errno("removing " + printable(join_path(to, entry->path)));
    }
  }
  return {};
}

}  // namespace boxcar
