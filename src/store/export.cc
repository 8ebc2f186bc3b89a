// Results into a user's directory.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/directory.h"
#include "base/text.h"
#include "store/copy.h"
#include "store/placed.h"
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

// A result is copied whole into the staging, then moved, so that a full disk or a kill leaves the target as it was. The
// target is written one directory at a time, each opened without following a symlink, so that none leads out of it,
// whoever made it and when.
class Export {
 public:
  Export(const Staging& staging, int to) : staging_(staging.fd()), to_(to) {}

  // What is in the directory `path` of `from`.
  Result<void> stage(int from, const std::string& path) {
    TRY(const auto names, list_directory(from, path));
    for (const auto& name : names) {
      const std::string at = join_path(path, name);
      struct stat info {};
      if (::fstatat(from, at.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("reading " + printable(at));
      if (S_ISDIR(info.st_mode)) {
        if (::mkdirat(staging_, at.c_str(), 0755) != 0) return fail_errno("making " + printable(at));
        CHECK_OK(staged(at));
        CHECK_OK(stage(from, at));
      } else if (S_ISLNK(info.st_mode) && leads_out(from, at)) {
        // Of a part of an output, a symlink may lead into the rest of it, which is not copied.
        CHECK_OK(stage_file("/proc/self/fd/" + std::to_string(from) + "/" + at, at));
      } else {
        CHECK_OK(copy_tree(from, at, staging_, at));
        CHECK_OK(staged(at));
      }
    }
    return {};
  }

  // The file at `path`, as `at`. A symlink that stands for it would lead to something else there; where it leads,
  // commit() has seen to.
  Result<void> stage_file(const std::string& path, const std::string& at) {
    const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), &::free);
    if (!real) return fail_errno("reading " + printable(at));
    TRY(const auto from, open_file(std::string(directory_name(real.get())), O_PATH | O_DIRECTORY));
    const std::string file(base_name(real.get()));
    struct stat info {};
    if (::fstatat(from.get(), file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("reading " + file);
    if (!S_ISREG(info.st_mode)) {
      return fail(ErrorKind::Invalid, printable(at) + " is a symlink to a directory outside of what is copied");
    }
    CHECK_OK(copy_tree(from.get(), file, staging_, at));
    return staged(at);
  }

  // What is staged in the directory `path` gets its place.
  Result<void> move(const std::string& path) {
    std::vector<std::string> merged;
    {
      TRY(const auto names, list_directory(staging_, path));
      TRY(const auto from, open_beneath(staging_, path, O_PATH | O_DIRECTORY));
      TRY(const auto to, open_beneath(to_, path, O_PATH | O_DIRECTORY));
      for (const auto& name : names) {
        const std::string at = join_path(path, name);
        struct stat info {};
        if (::fstatat(from.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
          return fail_errno("reading " + printable(at));
        }
        if (!S_ISDIR(info.st_mode)) {
          CHECK_OK(place(from.get(), to.get(), name, at));
          continue;
        }
        TRY(const bool moved, place_directory(from.get(), to.get(), name, at));
        if (!moved) merged.push_back(at);
      }
    }
    for (const auto& directory : merged) CHECK_OK(move(directory));
    return {};
  }

  // Where `path` lies below the target, `directory`.
  Result<void> refuse_what_lies_at(const std::string& path, const std::string& directory) const {
    if (!path.starts_with(directory + '/')) return {};
    struct stat info {};
    const bool none = ::fstatat(staging_, path.c_str() + directory.size() + 1, &info, AT_SYMLINK_NOFOLLOW) != 0;
    if (none && errno == ENOENT) return {};
    return fail(ErrorKind::Invalid, "the output would be written to " + printable(path) + " too, which the run read");
  }

  const std::vector<TreeEntry>& entries() const { return entries_; }

 private:
  Result<void> staged(const std::string& at) {
    struct stat info {};
    if (::fstatat(staging_, at.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno("reading " + printable(at));
    TreeEntry entry{at, kind_of(info).value_or(EntryKind::File), StatRecord::of(info), {}};
    entry.stat.ctime = 0;
    entries_.push_back(std::move(entry));
    return {};
  }

  static bool leads_out(int from, const std::string& link) {
    return !open_within(from, link, O_PATH) && errno == EXDEV;
  }

  // The file or symlink `name`.
  static Result<void> place(int from, int to, const std::string& name, const std::string& at) {
    if (::renameat(from, name.c_str(), to, name.c_str()) == 0) return {};
    // A directory that is empty may go; one with something in it is the user's.
    if (errno == EISDIR && ::unlinkat(to, name.c_str(), AT_REMOVEDIR) == 0 &&
        ::renameat(from, name.c_str(), to, name.c_str()) == 0) {
      return {};
    }
    const int number = errno;
    if (number == ENOTEMPTY || number == EEXIST) {
      return fail(ErrorKind::Invalid,
                  printable(at) + " is a directory with files in it, where a file is to be written");
    }
    return fail(errno_error("writing " + printable(at), number));
  }

  // False: there is a directory by that name, whose entries have to be placed one by one.
  static Result<bool> place_directory(int from, int to, const std::string& name, const std::string& at) {
    struct stat info {};
    if (::fstatat(to, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISDIR(info.st_mode)) return false;
      // As a file in the way of a file is replaced. A symlink is not followed: what it leads to may be anyone's.
      if (::unlinkat(to, name.c_str(), 0) != 0) return fail_errno("replacing " + printable(at));
    }
    if (::renameat(from, name.c_str(), to, name.c_str()) == 0) return true;
    if (errno == ENOTEMPTY || errno == EEXIST) return false;  // somebody made it meanwhile
    return fail_errno("making " + printable(at));
  }

  const int staging_, to_;
  std::vector<TreeEntry> entries_;
};

bool all_unchanged(int directory, const std::vector<TreeEntry>& entries) {
  return std::all_of(entries.begin(), entries.end(), [&](const auto& entry) { return is_unchanged(directory, entry); });
}

}  // namespace

Result<void> Store::export_port(const std::string& source, PortKind kind, const std::string& to,
                                const ExportOptions& options) {
  const auto run = [&]() -> Result<void> {
    struct stat info {};
    const bool into = kind == PortKind::Directory || (::stat(to.c_str(), &info) == 0 && S_ISDIR(info.st_mode));
    const std::string directory = into ? to : std::string(directory_name(to));
    CHECK_OK(make_directories(directory));
    TRY(const auto target, open_file(directory, O_RDONLY | O_DIRECTORY));
    const Digest owner = sha256(options.owner + '\n' + to);
    const std::string list = join_path(join_path(state_->root, "placed"), owner.hex().substr(0, 32));
    std::optional<ByteLock> alone;
    Placed placed;
    if (!options.owner.empty()) {
      if (state_->locks->lock(LockFile::of_key(owner))) alone.emplace(state_->locks, LockFile::of_key(owner));
      placed = read_placed(list).value_or(Placed{});
    }
    if (placed.directory != directory) placed = {directory, "", {}};
    if (!placed.content.empty() && placed.content == options.content && all_unchanged(target.get(), placed.entries)) {
      ::utimensat(AT_FDCWD, list.c_str(), nullptr, 0);  // it is of use, and no old list
      return {};
    }

    TRY(const auto staging, Staging::make(directory));
    Export exported(staging, target.get());
    if (kind == PortKind::Directory) {
      TRY(const auto from, open_file(source, O_RDONLY | O_DIRECTORY));
      CHECK_OK(exported.stage(from.get(), ""));
    } else {
      CHECK_OK(exported.stage_file(source, std::string(base_name(into ? source : to))));
    }

    for (const auto& path : options.read) CHECK_OK(exported.refuse_what_lies_at(path, directory));

    // A list that has both, and what is not in its place, holds at every moment until all is done.
    const auto before = placed.entries;
    placed.content.clear();
    placed.entries.insert(placed.entries.end(), exported.entries().begin(), exported.entries().end());
    if (!options.owner.empty()) write_placed(list, placed);
    CHECK_OK(remove_gone(before, staging.fd(), target.get()));
    CHECK_OK(exported.move(""));
    if (const auto read = options.works_on ? state_->host.last(to) : nullptr) {
      // The user's own files, the only ones that there are: not before what takes their place is there.
      TRY(const auto from, open_file(source, O_PATH | O_DIRECTORY));
      CHECK_OK(remove_gone(read->entries, from.get(), target.get()));
    }
    if (options.owner.empty()) return {};
    if (all_unchanged(target.get(), exported.entries())) placed.content = options.content;
    std::erase_if(placed.entries, [&](const auto& entry) { return !is_unchanged(target.get(), entry); });
    write_placed(list, placed);
    return {};
  };
  auto done = run();
  if (!done) return fail(std::move(done).error().in("copying to " + printable(to)));
  return done;
}

}  // namespace boxcar
