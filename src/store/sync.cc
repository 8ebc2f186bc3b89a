#include "store/sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/directory.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kBatch = 256;
// Above this, one sync of the whole file system is quicker than one of each file.
constexpr std::size_t kMostSingle = 2000;

Result<void> sync_one(int root, const std::string& path) {
  TRY(const auto fd, open_beneath(root, path, O_RDONLY | O_NONBLOCK));
  if (::fsync(fd.get()) != 0) return fail_errno("syncing " + printable(path));
  return {};
}

void start_writing(int root, const std::string& path) {
  if (const auto fd = open_beneath(root, path, O_RDONLY | O_NONBLOCK)) {
    ::sync_file_range(fd->get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  }
}

}  // namespace

Result<void> sync_entries(int root, const std::vector<std::string>& paths, Pool& pool) {
  if (paths.size() > kMostSingle) {
    TRY(const auto fd, open_beneath(root, "", O_RDONLY));
    if (::syncfs(fd.get()) != 0) return fail_errno("syncing the store's file system");
    return {};
  }
  for (const auto& path : paths) start_writing(root, path);
  const std::size_t batches = (paths.size() + kBatch - 1) / kBatch;
  std::vector<Result<void>> done(batches);
  const auto sync_batch = [&](std::size_t batch) {
    for (std::size_t i = batch * kBatch; i < std::min(paths.size(), (batch + 1) * kBatch) && done[batch]; ++i) {
      done[batch] = sync_one(root, paths[i]);
    }
  };
  if (batches == 1) {
    sync_batch(0);
  } else {
    pool.for_each(batches, sync_batch);
  }
  for (auto& result : done) CHECK_OK(std::move(result));
  return {};
}

Result<void> sync_directory(const std::string& path) {
  TRY(const auto fd, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail_errno("syncing " + path);
  return {};
}

}  // namespace boxcar
