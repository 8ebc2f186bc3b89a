#include "store/overlay_merge.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/directory.h"
#include "base/mounts.h"
#include "base/overlay.h"
#include "base/text.h"
#include "store/copy.h"

namespace boxcar {

namespace {

// As the kernel's overlayfs names them (Documentation/filesystems/overlayfs.rst).
constexpr const char* kRedirect = "trusted.overlay.redirect";
constexpr const char* kMetacopy = "trusted.overlay.metacopy";
constexpr std::string_view kPrefix = "trusted.overlay.";

// "" where there is none. What can't be read must not pass for none: the result would lack what shows through.
Result<std::string> attribute(int fd, const char* name) {
  std::string value(4096, '\0');
  const ssize_t n = ::fgetxattr(fd, name, value.data(), value.size());
  if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP) return fail_errno("reading " + std::string(name));
  value.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return value;
}

class Merger {
 public:
  Merger(UniqueFd upper, UniqueFd lower, bool lower_is_result, const std::vector<TreeEntry>& known)
      : upper_(std::move(upper)), lower_(std::move(lower)) {
    if (lower_is_result) {
      for (const auto& entry : known) known_.emplace(entry.path, &entry);
      how_.link = [uid = caller_uid()](const std::string&, const struct stat& info) {
        return info.st_uid == uid && (info.st_mode & 0222) == 0;
      };
      how_.linked = [this](const std::string& from, const std::string& to) { note_link(from, to); };
    }
    linked_.read_at = std::numeric_limits<std::int64_t>::max() / 1000;  // what lies in a result rests
  }

  Result<TreeDigest> run() {
    TRY(const auto root, open_beneath(upper_.get(), "", O_RDONLY | O_DIRECTORY));
    CHECK_OK(strip(root.get()));
    CHECK_OK(merge("", ""));
    return std::move(linked_);
  }

 private:
  // `lower`: the path below the lower directory that shows through, or none.
  Result<void> merge(const std::string& upper, const std::optional<std::string>& lower) {
    TRY(const auto names, list_directory(upper_.get(), upper));
    for (const auto& name : names) CHECK_OK(merge_entry(join_path(upper, name), name, lower));
    if (!lower) return {};
    const std::unordered_set<std::string_view> mine(names.begin(), names.end());
    TRY(const auto theirs, list_directory(lower_.get(), *lower));
    for (const auto& name : theirs) {
      if (!mine.contains(name)) {
        CHECK_OK(copy_tree(lower_.get(), join_path(*lower, name), upper_.get(), join_path(upper, name), how_));
      }
    }
    return {};
  }

  Result<void> merge_entry(const std::string& path, const std::string& name, const std::optional<std::string>& lower) {
    struct stat info {};
    if (::fstatat(upper_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno(printable(path));
    if (is_whiteout(info)) {
      if (::unlinkat(upper_.get(), path.c_str(), 0) != 0) return fail_errno("removing " + printable(path));
      return {};
    }
    if (S_ISREG(info.st_mode) && info.st_blocks == 0 && info.st_size > 0) return refuse_metacopy(path);
    if (!S_ISDIR(info.st_mode)) return {};
    TRY(const auto fd, open_beneath(upper_.get(), path, O_RDONLY | O_DIRECTORY));
    TRY(const auto opaque, attribute(fd.get(), opaque_xattr()));
    TRY(const auto redirect, attribute(fd.get(), kRedirect));
    std::optional<std::string> shows;
    if (opaque == "y") {
      shows = std::nullopt;
    } else if (redirect.starts_with('/')) {  // from the root of the lower directory
      shows = redirect.substr(1);
    } else if (lower) {  // within the same directory
      shows = join_path(*lower, redirect.empty() ? name : redirect);
    }
    if (shows) {
      TRY(const bool directory, is_lower_directory(*shows));
      if (!directory) shows.reset();
    }
    CHECK_OK(strip(fd.get()));
    return merge(path, shows);
  }

  Result<bool> is_lower_directory(const std::string& path) const {
    struct stat info {};
    if (::fstatat(lower_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return S_ISDIR(info.st_mode);
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return fail_errno(printable(path));
  }

  // A file whose content is still in the lower directory. boxcar mounts without metacopy, so there is none.
  Result<void> refuse_metacopy(const std::string& path) {
    TRY(const auto fd, open_beneath(upper_.get(), path, O_RDONLY | O_NONBLOCK));
    if (::fgetxattr(fd.get(), kMetacopy, nullptr, 0) < 0) {
      return errno == ENODATA || errno == EOPNOTSUPP ? Result<void>() : fail_errno("reading " + printable(path));
    }
    return fail(ErrorKind::Internal,
                printable(path) + " has no content of its own: the overlay was mounted with metacopy");
  }

  // Left there, the marks would count when the result is a lower directory itself.
  static Result<void> strip(int fd) {
    std::string list(4096, '\0');
    const ssize_t n = ::flistxattr(fd, list.data(), list.size());
    if (n < 0 && errno != EOPNOTSUPP) return fail_errno("listing extended attributes");
    std::string_view left(list.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    while (!left.empty()) {
      const std::string name(left.substr(0, left.find('\0')));
      if (name.starts_with(kPrefix) && ::fremovexattr(fd, name.c_str()) != 0) return fail_errno("removing " + name);
      left.remove_prefix(std::min(left.size(), name.size() + 1));
    }
    return {};
  }

  void note_link(const std::string& from, const std::string& to) {
    const auto found = known_.find(from);
    struct stat info {};
    if (found == known_.end() || ::fstatat(upper_.get(), to.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    TreeEntry entry{to, found->second->kind, StatRecord::of(info), found->second->digest};
    const StatRecord& before = found->second->stat;
    const StatRecord& now = entry.stat;
    // The new link changed its ctime.
    if (now.inode == before.inode && now.size == before.size && now.mtime == before.mtime) {
      linked_.entries.push_back(std::move(entry));
    }
  }

  const UniqueFd upper_, lower_;
  TreeCopy how_;
  std::unordered_map<std::string_view, const TreeEntry*> known_;
  TreeDigest linked_;
};

}  // namespace

Result<TreeDigest> merge_overlay(const std::string& upper, const std::string& lower, bool lower_is_result,
                                 const std::vector<TreeEntry>& known) {
  TRY(auto up, open_file(upper, O_RDONLY | O_DIRECTORY));
  TRY(auto low, open_file(lower, O_RDONLY | O_DIRECTORY));
  return Merger(std::move(up), std::move(low), lower_is_result, known).run();
}

}  // namespace boxcar
