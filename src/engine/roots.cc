#include "engine/roots.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/directory.h"
#include "base/fd.h"
#include "base/mounts.h"

namespace boxcar {

namespace {

// Changes when anything is written into an overlay: whatever is made, altered or removed in it appears in the upper
// directory first. Its times alone would not do, since some kernels only look at the clock every 10 ms. "": unknown.
std::string mark_of(const std::string& upper) {
  const auto fd = open_file(upper, O_RDONLY | O_DIRECTORY);
  if (!fd) return "";
  struct stat info {};
  std::array<char, 4096> attributes{};
  const auto names = list_directory(fd->get(), "");
  const ssize_t length = ::flistxattr(fd->get(), attributes.data(), attributes.size());
  if (::fstat(fd->get(), &info) != 0 || !names || !names->empty() || length < 0) return "";
  std::string mark(attributes.data(), static_cast<std::size_t>(length));
  for (const long value :
       {long{info.st_mode}, long{info.st_uid}, long{info.st_gid}, info.st_ctim.tv_sec, info.st_ctim.tv_nsec}) {
    mark += ' ' + std::to_string(value);
  }
  return mark;
}

}  // namespace

Roots::~Roots() {
  for (const auto& root : spare_) remove(root);
  if (!shared_.empty()) ::rmdir(shared_.c_str());
}

void Roots::remove(const Root& root) {
  (void)unmount(root.target);
  ::rmdir(root.target.c_str());
  (void)remove_tree(root.directory);
}

Result<Roots::Root> Roots::take(const std::vector<std::string>& lower, const std::string& directory) {
  Root root;
  std::optional<Root> unused;  // of other layers: every container's mount namespace holds a copy of each mount
  {
    const std::lock_guard lock(mutex_);
    most_lent_ = std::max(most_lent_, ++lent_);
    const auto spare = std::find_if(spare_.begin(), spare_.end(), [&](const Root& r) { return r.lower == lower; });
    if (spare != spare_.end()) {
      root = std::move(*spare);
      spare_.erase(spare);
      return root;
    }
    if (spare_.size() >= most_lent_) {
      unused = std::move(spare_.front());
      spare_.erase(spare_.begin());
    }
    root.target = join_path(targets_, std::to_string(++made_));
  }
  if (unused) remove(*unused);
  auto made = make(std::move(root), lower, directory);
  if (made) return made;
  const std::lock_guard lock(mutex_);
  --lent_;
  return made;
}

Result<Roots::Root> Roots::make(Root root, const std::vector<std::string>& lower, const std::string& directory) {
  root.lower = lower;
  root.directory = directory;
  const Overlay overlay{.lower = lower,
                        .upper = join_path(directory, "upper"),
                        .work = join_path(directory, "work"),
                        .target = root.target,
                        .redirect_dir = false,
                        .scratch = true};
  for (const auto& path : {overlay.upper, overlay.work, overlay.target}) CHECK_OK(make_directories(path));
  // The upper directory is the container's "/": open to every user whatever our umask is.
  if (::chmod(overlay.upper.c_str(), 0755) != 0) return fail_errno("opening " + overlay.upper);
  CHECK_OK(mount_overlay(overlay));
  root.fresh = mark_of(overlay.upper);
  return root;
}

bool Roots::give_back(Root& root, const std::string& directory, const std::string& shared) {
  const bool clean = !root.fresh.empty() && mark_of(join_path(root.directory, "upper")) == root.fresh;
  const std::lock_guard lock(mutex_);
  if (clean && made_ > 1) {
    shared_ = shared;
    const std::string home = join_path(shared, std::string(base_name(root.target)));
    if (root.directory == home ||
        (make_directories(shared, 0700) && ::rename(root.directory.c_str(), home.c_str()) == 0)) {
      root.directory = home;
      spare_.push_back(std::move(root));
      --lent_;
      return true;
    }
  }
  if (!unmount(root.target)) return false;
  ::rmdir(root.target.c_str());
  if (root.directory != directory) ::rename(root.directory.c_str(), directory.c_str());
  --lent_;
  return true;
}

}  // namespace boxcar
