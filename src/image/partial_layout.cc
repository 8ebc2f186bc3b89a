#include "image/partial_layout.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>

#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr time_t kLifetime = 7 * 24 * 3600;
constexpr const char* kBlobs = "blobs/sha256";

struct Entry {
  std::string path;
  struct stat info {};
};

std::vector<Entry> entries(const std::string& directory) {
  std::vector<Entry> result;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return result;
  while (const dirent* entry = readdir(stream)) {
    const std::string_view name = entry->d_name;
    Entry one{join_path(directory, name)};
    if (name != "." && name != ".." && lstat(one.path.c_str(), &one.info) == 0) result.push_back(std::move(one));
  }
  closedir(stream);
  return result;
}

// Leaves whole blobs, and nothing where there are none: what skopeo began to write (beside blobs/), an index,
// stand-ins.
void keep_whole_blobs(const std::string& layout) {
  for (const Entry& entry : entries(layout)) {
    if (base_name(entry.path) != "blobs") (void)remove_tree(entry.path);
  }
  bool any = false;
  for (const Entry& blob : entries(join_path(layout, kBlobs))) {
    if (blob.info.st_size == 0) {
      (void)remove_tree(blob.path);
    } else {
      any = true;
    }
  }
  if (!any) (void)remove_tree(layout);
}

std::string folder(const std::string& store) {
  return join_path(store, "partial");
}

Result<std::uint64_t> remove_some(const std::string& store, time_t before, bool dry_run) {
  std::uint64_t bytes = 0;
  for (const Entry& layout : entries(folder(store))) {
    if (layout.info.st_mtim.tv_sec >= before) continue;
    for (const std::string& place : {layout.path, join_path(layout.path, kBlobs)}) {
      for (const Entry& file : entries(place)) {
        if (S_ISREG(file.info.st_mode)) bytes += static_cast<std::uint64_t>(file.info.st_size);
      }
    }
    if (!dry_run) CHECK_OK(remove_tree(layout.path));
  }
  return bytes;
}

}  // namespace

Result<PartialLayout> PartialLayout::open(const std::string& store, const std::string& source,
                                          const Progress& progress) {
  TRY(FileLocks lock, open_locks(store));
  TRY(const bool alone, lock.try_lock(source_lock(source), LockMode::Exclusive));
  if (!alone) {
    if (progress) progress("waiting for another boxcar that fetches " + printable(source));
    CHECK_OK(lock.lock_until_interrupted(source_lock(source), LockMode::Exclusive));
  }
  PartialLayout layout(std::move(lock), join_path(folder(store), sha256(source).hex().substr(0, 32)));
  // Killed, one leaves more than whole blobs.
  keep_whole_blobs(layout.path_);
  CHECK_OK(make_directories(join_path(layout.path_, kBlobs), 0700));
  return layout;
}

PartialLayout::PartialLayout(PartialLayout&& other) noexcept
    : lock_(std::move(other.lock_)), path_(std::exchange(other.path_, {})), discarded_(other.discarded_) {}

PartialLayout::~PartialLayout() {
  if (path_.empty()) return;
  if (discarded_) {
    (void)remove_tree(path_);
  } else {
    keep_whole_blobs(path_);
  }
}

Result<std::uint64_t> PartialLayout::remove_old(const std::string& store) {
  return remove_some(store, time(nullptr) - kLifetime, false);
}

Result<std::uint64_t> PartialLayout::remove_all(const std::string& store, bool dry_run) {
  return remove_some(store, std::numeric_limits<time_t>::max(), dry_run);
}

Result<void> put_stand_ins(const std::string& layout, const std::vector<LayerInfo>& here,
                           const std::vector<Digest>& others) {
  const auto put = [&](const Digest& blob) -> Result<void> {
    const std::string path = join_path(join_path(layout, kBlobs), blob.hex());
    return exists(path) ? Result<void>() : write_file(path, "", 0600);
  };
  for (const LayerInfo& layer : here) {
    if (!layer.tar) continue;  // of an earlier boxcar, without what push needs: fetched anew
    CHECK_OK(put(layer.diff_id));
    for (const Digest& blob : layer.blobs) CHECK_OK(put(blob));
  }
  for (const Digest& blob : others) CHECK_OK(put(blob));
  return {};
}

}  // namespace boxcar
