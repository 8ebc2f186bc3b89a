#include "store/sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <span>

#include "base/directory.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kBatch = 64;  // so many files are open at once
// Above this, one sync of the whole file system is quicker than one of each file.
constexpr std::size_t kMostSingle = 2000;

// Writing starts for all before the first is waited for.
Result<void> sync_batch(int root, std::span<const std::string> paths) {
  std::vector<UniqueFd> files;
  for (const auto& path : paths) {
    TRY(auto fd, open_beneath(root, path, O_RDONLY | O_NONBLOCK));
    ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    files.push_back(std::move(fd));
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (::fsync(files[i].get()) != 0) return fail_errno("syncing " + printable(paths[i]));
  }
  return {};
}

}  // namespace

Result<void> sync_entries(int root, const std::vector<std::string>& paths, Pool& pool) {
  if (paths.size() > kMostSingle) {
    TRY(const auto fd, open_beneath(root, "", O_RDONLY));
    if (::syncfs(fd.get()) != 0) return fail_errno("syncing the store's file system");
    return {};
  }
  const std::size_t batches = (paths.size() + kBatch - 1) / kBatch;
  std::vector<Result<void>> done(batches);
  pool.for_each(batches, [&](std::size_t i) {
    done[i] = sync_batch(root, std::span(paths).subspan(i * kBatch, std::min(kBatch, paths.size() - i * kBatch)));
  });
  for (auto& result : done) CHECK_OK(std::move(result));
  return {};
}

Result<void> sync_directory(const std::string& path) {
  TRY(const auto fd, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail_errno("syncing " + path);
  return {};
}

}  // namespace boxcar
