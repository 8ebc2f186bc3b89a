#include "image/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <optional>

#include "base/overlay.h"
#include "base/text.h"
#include "base/user_namespace.h"

namespace boxcar {

namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kAufs = ".wh..wh.";  // aufs' own bookkeeping, in images of old

std::optional<struct stat> look(int directory, const std::string& name) {
  struct stat info {};
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
  return info;
}

// What only an overlay may say about its layers is not taken from an image.
bool is_overlay_xattr(std::string_view name) {
  return name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.");
}

// EINVAL: in a user namespace there are not all ids.
bool give(int directory, const char* name, const LayerEntry& entry, int flags) {
  return fchownat(directory, name, entry.uid, entry.gid, flags) == 0 || (errno == EINVAL && rootless());
}

// Attributes that say who may do what with root's rights are for root to set.
bool is_for_root_alone(std::string_view name) {
  return errno == EPERM && rootless() && !name.starts_with("user.");
}

std::string descriptor_path(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

}  // namespace

Result<std::string> inside_root(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      if (!result.empty()) result += '/';
      result += part;
    } else if (result.empty()) {
      return fail(ErrorKind::Invalid, "it leads out of the image");
    } else {
      result.resize(result.find('/') == std::string::npos ? 0 : result.rfind('/'));
    }
  }
  return result;
}

Result<TreeWriter> TreeWriter::open(const std::string& root, const std::string& aside) {
  TRY(UniqueFd fd, open_file(root, O_RDONLY | O_DIRECTORY));
  return TreeWriter(std::move(fd), aside);
}

Result<TreeWriter::Place> TreeWriter::place(std::string_view path) {
  Place result;
  TRY(const std::string inside, inside_root(path));
  const auto slash = inside.rfind('/');
  result.name = slash == std::string::npos ? inside : inside.substr(slash + 1);
  result.parent = slash == std::string::npos ? "" : inside.substr(0, slash);
  TRY(result.directory, open_parent(result.parent));
  return result;
}

Result<int> TreeWriter::open_parent(const std::string& parent) {
  if (parent.empty()) return root_.get();
  if (parent_known_ && parent == parent_path_) return parent_.get();
  auto opened = open_in_root(root_.get(), parent, O_RDONLY | O_DIRECTORY);
  if (!opened && opened.error().kind == ErrorKind::NotFound) {
    // A layer may leave out the directories on the way.
    TRY(const Place way, place(parent));
    CHECK_OK(make_way(way));
    opened = open_in_root(root_.get(), parent, O_RDONLY | O_DIRECTORY);
  }
  if (!opened) return fail(std::move(opened).error());
  parent_ = *std::move(opened);
  parent_real_.reset();
  parent_path_ = parent;
  parent_known_ = true;
  return parent_.get();
}

Result<void> TreeWriter::make_way(const Place& place) {
  const auto there = look(place.directory, place.name);
  if (there && is_whiteout(*there)) {
    LayerEntry entry;
    entry.mode = 0755;
    return add_directory(place, entry);
  }
  if (there) {
    return fail(ErrorKind::Invalid,
                in_quotes(place.path()) + " on its way is not a directory" +
                    (S_ISLNK(there->st_mode) ? " but a symlink that leads nowhere in the layer" : ""));
  }
  if (mkdirat(place.directory, place.name.c_str(), 0755) != 0)
    return fail_errno("making the directory " + printable(place.path()));
  directories_[place.path()] = {0755, {0, UTIME_OMIT}};
  return {};
}

Result<UniqueFd> TreeWriter::add(const LayerEntry& entry) {
  ++added_;
  auto placed = place(entry.path);
  if (!placed) return fail(std::move(placed).error());
  const Place& at = *placed;
  if (at.name.empty()) {
    if (entry.kind != LayerEntry::Kind::Directory)
      return fail(ErrorKind::Invalid, "the root of an image is a directory");
    CHECK_OK(dress({root_.get(), "", "."}, entry));
    directories_["."] = {entry.mode, entry.mtime};
    return UniqueFd();
  }
  if (at.name.starts_with(kWhiteout)) {
    if (at.name == kOpaque) CHECK_OK(set_opaque(at.parent.empty() ? "." : at.parent));
    if (!at.name.starts_with(kAufs)) CHECK_OK(add_whiteout(at));
    return UniqueFd();
  }
  if (entry.kind == LayerEntry::Kind::Directory) {
    CHECK_OK(add_directory(at, entry));
    return UniqueFd();
  }
  if (entry.kind == LayerEntry::Kind::File) return add_file(at);
  CHECK_OK(entry.kind == LayerEntry::Kind::HardLink ? add_hard_link(at, entry) : add_special(at, entry));
  return UniqueFd();
}

Result<void> TreeWriter::add_special(const Place& place, const LayerEntry& entry) {
  const auto make = [&] {
    if (entry.kind == LayerEntry::Kind::Symlink)
      return symlinkat(entry.target.c_str(), place.directory, place.name.c_str());
    const bool device = S_ISCHR(entry.mode) || S_ISBLK(entry.mode);
    const mode_t type = device && rootless() ? S_IFREG : entry.mode & S_IFMT;
    return mknodat(place.directory, place.name.c_str(), type | 0600, entry.device);
  };
  int made = make();
  if (made != 0 && errno == EEXIST) {
    CHECK_OK(remove_entry(place));
    made = make();
  }
  if (made != 0) return fail_errno("making it");
  return dress(place, entry);
}

Result<void> TreeWriter::remove_entry(const Place& place) {
  parent_known_ = false;  // what it was opened through may be what goes
  TRY(const bool gone, set_aside(place));
  if (gone) return {};
  if (unlinkat(place.directory, place.name.c_str(), 0) == 0) return {};
  return remove_tree(descriptor_path(place.directory) + "/" + place.name);
}

// False: it is to be removed. A layer's tar is made again from what the files held, also those that didn't stay.
Result<bool> TreeWriter::set_aside(const Place& place) {
  const auto there = look(place.directory, place.name);
  if (!there || !(S_ISREG(there->st_mode) || S_ISDIR(there->st_mode))) return false;
  const auto parent = real_path(place.directory);
  if (!parent) return false;  // then nothing below it has a path that is known
  if (replaced_.empty() && mkdir(aside_.c_str(), 0700) != 0) return fail_errno("making " + aside_);
  const std::string target = aside_ + "/" + std::to_string(replaced_.size());
  if (renameat(place.directory, place.name.c_str(), AT_FDCWD, target.c_str()) != 0)
    return fail_errno("setting aside what it replaces");
  replaced_.push_back({added_, parent->empty() ? place.name : *parent + "/" + place.name});
  return true;
}

// Below the root, "" for itself: where symlinks on the way have led. `directory` is the root or the parent.
Result<std::string> TreeWriter::real_path(int directory) {
  const auto where = [](int fd) -> Result<std::string> {
    char buffer[PATH_MAX];
    const ssize_t length = readlink(descriptor_path(fd).c_str(), buffer, sizeof buffer);
    if (length < 0 || length == sizeof buffer) return fail(ErrorKind::NotFound, "its directory has no path");
    return std::string(buffer, static_cast<std::size_t>(length));
  };
  if (directory == root_.get()) return "";
  if (parent_real_) return *parent_real_;
  TRY(const std::string root, where(root_.get()));
  TRY(const std::string path, where(directory));
  if (!path.starts_with(root)) return fail(ErrorKind::NotFound, "its directory is elsewhere");
  parent_real_ = path.substr(std::min(root.size() + 1, path.size()));
  return *parent_real_;
}

Result<std::string> TreeWriter::place_of_file() {
  TRY(const std::string directory, real_path(file_directory_));
  return directory.empty() ? file_name_ : directory + "/" + file_name_;
}

Result<UniqueFd> TreeWriter::add_file(const Place& place) {
  const auto make = [&] {
    return openat(place.directory, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  };
  UniqueFd fd(make());
  if (!fd && errno == EEXIST) {
    CHECK_OK(remove_entry(place));
    fd.reset(make());
  }
  if (!fd) return fail_errno("making it");
  file_directory_ = place.directory;
  file_name_ = place.name;
  return fd;
}

Result<void> TreeWriter::finish_file(int fd, const LayerEntry& entry) {
  // The order matters: a change of owner clears setuid bits and capabilities.
  if ((entry.uid != geteuid() || entry.gid != getegid()) && !give(fd, "", entry, AT_EMPTY_PATH))
    return fail_errno("changing its owner");
  if (fchmod(fd, entry.mode & 07777) != 0) return fail_errno("changing its mode");
  for (const auto& [name, value] : entry.xattrs) {
    if (is_overlay_xattr(name)) continue;
    if (fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) != 0 && errno != ENOTSUP && !is_for_root_alone(name))
      return fail_errno("setting " + printable(name));
  }
  const timespec times[2] = {{0, UTIME_OMIT}, entry.mtime};
  if (futimens(fd, times) != 0) return fail_errno("setting its time");
  return {};
}

// Owner, mode, extended attributes and time of what is not a plain file. A directory's mode and time come in finish().
Result<void> TreeWriter::dress(const Place& place, const LayerEntry& entry) {
  const bool directory = entry.kind == LayerEntry::Kind::Directory;
  const bool symlink = entry.kind == LayerEntry::Kind::Symlink;
  if (!give(place.directory, place.name.c_str(), entry, AT_SYMLINK_NOFOLLOW)) return fail_errno("changing its owner");
  if (!directory && !symlink && fchmodat(place.directory, place.name.c_str(), entry.mode & 07777, 0) != 0) {
    return fail_errno("changing its mode");
  }
  const std::string path = descriptor_path(place.directory) + "/" + place.name;
  for (const auto& [name, value] : entry.xattrs) {
    if (is_overlay_xattr(name)) continue;
    // Symlinks and devices bear no user.* attributes.
    if (lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) != 0 && errno != ENOTSUP &&
        errno != EPERM) {
      return fail_errno("setting " + printable(name));
    }
  }
  if (directory) return {};
  const timespec times[2] = {{0, UTIME_OMIT}, entry.mtime};
  if (utimensat(place.directory, place.name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_errno("setting its time");
  return {};
}

Result<void> TreeWriter::add_directory(const Place& place, const LayerEntry& entry) {
  bool opaque = false;
  if (mkdirat(place.directory, place.name.c_str(), 0700) != 0) {
    const auto there = errno == EEXIST ? look(place.directory, place.name) : std::nullopt;
    if (!there) return fail_errno("making the directory");
    if (!S_ISDIR(there->st_mode)) {
      // A layer that removes a directory and makes it anew: what lies below it in lower layers stays hidden.
      opaque = is_whiteout(*there);
      CHECK_OK(remove_entry(place));
      if (mkdirat(place.directory, place.name.c_str(), 0700) != 0) return fail_errno("making the directory");
    }
  }
  LayerEntry directory = entry;
  directory.kind = LayerEntry::Kind::Directory;
  CHECK_OK(dress(place, directory));
  directories_[place.path()] = {entry.mode, entry.mtime};
  if (opaque) CHECK_OK(set_opaque(place.path()));
  return {};
}

Result<void> TreeWriter::add_hard_link(const Place& at, const LayerEntry& entry) {
  auto inside = inside_root(entry.target);
  if (!inside)
    return fail(ErrorKind::Invalid, "its hard link to " + in_quotes(entry.target) + " leads out of the image");
  const auto slash = inside->rfind('/');
  const std::string parent = slash == std::string::npos ? "." : inside->substr(0, slash);
  const std::string name = slash == std::string::npos ? *inside : inside->substr(slash + 1);
  const auto missing = [&] {
    return fail(ErrorKind::Invalid, "it is a hard link to " + in_quotes(entry.target) + ", which is not in this layer");
  };
  auto directory = open_in_root(root_.get(), parent, O_RDONLY | O_DIRECTORY);
  const auto there = directory ? look(directory->get(), name) : std::nullopt;
  if (name.empty() || !there || S_ISDIR(there->st_mode) || is_whiteout(*there)) return missing();
  const auto make = [&] { return linkat(directory->get(), name.c_str(), at.directory, at.name.c_str(), 0); };
  int made = make();
  if (made != 0 && errno == EEXIST) {
    const auto here = look(at.directory, at.name);
    if (here && here->st_ino == there->st_ino) return {};
    CHECK_OK(remove_entry(at));
    made = make();
  }
  if (made != 0 && errno == ENOENT) return missing();
  if (made != 0) return fail_errno("linking it to " + in_quotes(entry.target));
  return {};
}

// A whiteout hides what lower layers have; what its own layer has of that name stays (OCI image specification, layers).
Result<void> TreeWriter::add_whiteout(const Place& place) {
  const std::string name = place.name.substr(kWhiteout.size());
  if (name.empty() || name == "." || name == "..") return fail(ErrorKind::Invalid, "it is a whiteout of nothing");
  if (mknodat(place.directory, name.c_str(), S_IFCHR, makedev(0, 0)) == 0) return {};
  if (errno != EEXIST) return fail_errno("making a whiteout");
  const auto there = look(place.directory, name);
  if (there && S_ISDIR(there->st_mode)) return set_opaque(place.parent.empty() ? name : place.parent + "/" + name);
  return {};
}

Result<void> TreeWriter::set_opaque(const std::string& path) {
  TRY(const UniqueFd fd, open_in_root(root_.get(), path, O_RDONLY | O_DIRECTORY));
  if (fsetxattr(fd.get(), opaque_xattr(), "y", 1, 0) != 0) return fail_errno("marking the directory opaque");
  return {};
}

Result<void> TreeWriter::finish() {
  // Children before parents, which the modes may close for an ordinary user.
  for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
    const auto& [path, last] = *it;
    const auto fd = open_in_root(root_.get(), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) continue;  // replaced by something else later in the layer
    const timespec times[2] = {{0, UTIME_OMIT}, last.mtime};
    if (fchmod(fd->get(), last.mode & 07777) != 0 || futimens(fd->get(), times) != 0) {
      return fail_errno("finishing the directory " + printable(path));
    }
  }
  return {};
}

}  // namespace boxcar
