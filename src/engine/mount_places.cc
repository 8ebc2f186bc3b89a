#include "engine/mount_places.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mounts.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kMost = 256;  // layers: each takes some inodes of memory

// Made as the runtimes make them. Symlinks in the image are followed, never out of it.
Result<void> make_place(int root, const std::string& target, bool directory) {
  std::string parent;
  for (const auto name : split(std::string_view(target).substr(1), '/')) {
    const std::string path = parent + '/' + std::string(name);
    const bool last = path.size() == target.size();
    if (!open_in_root(root, path, O_PATH)) {
      TRY(const auto fd, open_in_root(root, parent.empty() ? "/" : parent, O_PATH | O_DIRECTORY));
      const std::string made(name);
      const bool file = last && !directory;
      if ((file ? ::mknodat(fd.get(), made.c_str(), S_IFREG, 0) : ::mkdirat(fd.get(), made.c_str(), 0)) != 0 ||
          ::fchmodat(fd.get(), made.c_str(), file ? 0644 : 0755, 0) != 0) {
        return fail_errno("making " + path);
      }
    }
    parent = path;
  }
  return {};
}

Result<std::string> make_layer(const std::string& directory, const std::vector<std::string>& layers,
                               const std::vector<Mount>& mounts) {
  const Overlay overlay{.lower = layers,
                        .upper = join_path(directory, "layer"),
                        .work = join_path(directory, "work"),
                        .target = join_path(directory, "merged"),
                        .redirect_dir = false,
                        .scratch = true};
  for (const auto& path : {overlay.upper, overlay.work, overlay.target}) CHECK_OK(make_directories(path));
  CHECK_OK(mount_overlay(overlay));
  const auto make_all = [&]() -> Result<void> {
    TRY(const auto root, open_file(overlay.target, O_PATH | O_DIRECTORY));
    for (const char* standard : {"/proc", "/dev", "/sys"}) CHECK_OK(make_place(root.get(), standard, true));
    for (const auto& mount : mounts) CHECK_OK(make_place(root.get(), mount.target, mount.directory));
    return {};
  };
  const auto made = make_all();
  CHECK_OK(unmount(overlay.target));
  CHECK_OK(remove_tree(overlay.work));
  ::rmdir(overlay.target.c_str());
  CHECK_OK(made);
  return ::rmdir(overlay.upper.c_str()) == 0 ? std::string() : overlay.upper;
}

}  // namespace

std::string MountPlaces::layer(const Image& image, const std::vector<std::string>& layers,
                               const std::vector<Mount>& mounts) {
  std::string wanted = image.identity.hex();
  for (const auto& mount : mounts) wanted += (mount.directory ? '\0' : '\1') + mount.target;
  const std::lock_guard lock(mutex_);
  if (layers_.size() >= kMost && !layers_.contains(wanted)) return "";
  const auto [known, fresh] = layers_.try_emplace(std::move(wanted));
  if (fresh) {
    known->second = make_layer(join_path(directory_, std::to_string(layers_.size())), layers, mounts).value_or("");
  }
  return known->second;
}

}  // namespace boxcar
