// Results into a user's directory.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

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

// The target is written one directory at a time, each opened without following a symlink, so that none leads out of it,
// whoever made it and when.
class Export {
 public:
  Export(int from, int to, const Staging& staging) : from_(from), to_(to), staging_(staging) {}

  // The directory `path` of both: what is in the source's comes into the target's.
  Result<void> contents(const std::string& path) {
    TRY(const auto names, list_directory(from_, path));
    std::vector<std::string> directories;
    {
      TRY(const auto to, open_beneath(to_, path, O_PATH | O_DIRECTORY));
      for (const auto& name : names) {
        const std::string from_path = join_path(path, name);
        struct stat info {};
        if (::fstatat(from_, from_path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
          return fail_errno("reading " + printable(from_path));
        }
        if (S_ISDIR(info.st_mode)) {
          CHECK_OK(make_directory(to.get(), name, from_path));
          directories.push_back(from_path);
        } else if (S_ISLNK(info.st_mode) && leads_out(from_path)) {
          // Of a part of an output, a symlink may lead into the rest of it, which is not copied.
          CHECK_OK(what_it_leads_to("/proc/self/fd/" + std::to_string(from_) + "/" + from_path, to.get(), name));
        } else {
          CHECK_OK(place(from_, from_path, to.get(), name));
        }
      }
    }
    for (const auto& directory : directories) CHECK_OK(contents(directory));
    return {};
  }

  // The file at `path` becomes `name` in the directory `to`. A symlink that stands for it would lead to something else
  // there; where it leads, commit() has seen to.
  Result<void> what_it_leads_to(const std::string& path, int to, const std::string& name) {
    const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), &::free);
    if (!real) return fail_errno("reading " + printable(name));
    TRY(const auto from, open_file(std::string(directory_name(real.get())), O_PATH | O_DIRECTORY));
    const std::string file(base_name(real.get()));
    struct stat info {};
    if (::fstatat(from.get(), file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("reading " + file);
    if (!S_ISREG(info.st_mode)) {
      return fail(ErrorKind::Invalid, printable(name) + " is a symlink to a directory outside of what is copied");
    }
    return place(from.get(), file, to, name);
  }

 private:
  // The file or symlink `from_path` below `from` becomes `name` in the directory `to`.
  Result<void> place(int from, const std::string& from_path, int to, const std::string& name) {
    CHECK_OK(copy_tree(from, from_path, staging_.fd(), "next"));
    if (::renameat(staging_.fd(), "next", to, name.c_str()) == 0) return {};
    // A directory that is empty may go; one with something in it is the user's.
    if (errno == EISDIR && ::unlinkat(to, name.c_str(), AT_REMOVEDIR) == 0 &&
        ::renameat(staging_.fd(), "next", to, name.c_str()) == 0) {
      return {};
    }
    const int number = errno;
    if (number == ENOTEMPTY || number == EEXIST) {
      return fail(ErrorKind::Invalid,
                  printable(from_path) + " is a directory with files in it, where a file is to be written");
    }
    return fail(errno_error("writing " + printable(from_path), number));
  }

  bool leads_out(const std::string& link) const { return !open_within(from_, link, O_PATH) && errno == EXDEV; }

  static Result<void> make_directory(int to, const std::string& name, const std::string& path) {
    struct stat info {};
    if (::fstatat(to, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(info.st_mode)) {
      // As a file in the way of a file is replaced. A symlink is not followed: what it leads to may be anyone's.
      if (::unlinkat(to, name.c_str(), 0) != 0) return fail_errno("replacing " + printable(path));
    }
    if (::mkdirat(to, name.c_str(), 0755) != 0 && errno != EEXIST) return fail_errno("making " + printable(path));
    return {};
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
      return Export(from.get(), target.get(), staging).contents("");
    }
    return Export(-1, target.get(), staging)
        .what_it_leads_to(source, target.get(), std::string(base_name(into ? source : to)));
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
    if (entry->path.empty() || ::fstatat(result.get(), entry->path.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) continue;
    const std::string name(base_name(entry->path));
    const auto parent =
        entry->path.find('/') == std::string::npos ? std::string() : std::string(directory_name(entry->path));
    const auto in = open_beneath(target.get(), parent, O_PATH | O_DIRECTORY);
    if (!in || ::fstatat(in->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (info.st_ino != entry->stat.inode) continue;
    const bool directory = S_ISDIR(info.st_mode);
    if (!directory && StatRecord::of(info) != entry->stat) continue;
    if (::unlinkat(in->get(), name.c_str(), directory ? AT_REMOVEDIR : 0) != 0 && errno != ENOTEMPTY &&
        errno != EEXIST) {
      return fail_errno("removing " + printable(join_path(to, entry->path)));
    }
  }
  return {};
}

}  // namespace boxcar
