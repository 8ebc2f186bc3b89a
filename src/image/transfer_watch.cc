#include "image/transfer_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/clock.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/text.h"
#include "image/skopeo_log.h"

namespace boxcar {

namespace {

constexpr auto kTellEvery = std::chrono::seconds(5);

std::chrono::seconds patience() {
  return environment_seconds("BOXCAR_PULL_TIMEOUT", std::chrono::seconds(120));
}

std::uint64_t bytes_of_files(const std::string& directory) {
  std::uint64_t bytes = 0;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return 0;
  while (const dirent* entry = readdir(stream)) {
    struct stat info {};
    if (fstatat(dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
      bytes += static_cast<std::uint64_t>(info.st_size);
  }
  closedir(stream);
  return bytes;
}

}  // namespace

TransferWatch::TransferWatch(std::string source, std::string layout, Progress progress)
    : source_(std::move(source)),
      layout_(std::move(layout)),
      progress_(std::move(progress)),
      before_(bytes_here()),
      bytes_(before_) {}

// What is still coming lies in the layout itself, what came whole among the blobs.
std::uint64_t TransferWatch::bytes_here() const {
  return layout_.empty() ? 0 : bytes_of_files(layout_) + bytes_of_files(layout_ + "/blobs/sha256");
}

Result<void> TransferWatch::look(const Finished& so_far) {
  const auto now = Clock::now();
  if (so_far.err.size() != said_) {
    begun_ = begun_ || so_far.err.find("Downloading /v2/") != std::string::npos;
    said_ = so_far.err.size();
    moved_ = now;
    if (const auto seconds = throttled(so_far.err); seconds && progress_)
      progress_(printable(source_) + ": the registry has too many requests, trying again in " +
                std::to_string(*seconds) + " s");
  }
  if (now - counted_ < std::chrono::milliseconds(100)) return {};
  counted_ = now;
  if (const std::uint64_t bytes = bytes_here(); bytes != bytes_) {
    bytes_ = bytes;
    moved_ = now;
  }
  const auto idle = std::chrono::duration_cast<std::chrono::seconds>(now - moved_);
  if (idle >= patience()) {
    return fail(ErrorKind::Unavailable, "nothing came for " + std::to_string(idle.count()) +
                                            " s (BOXCAR_PULL_TIMEOUT sets how long to wait, in seconds)");
  }
  if (!progress_) return {};
  if (now - std::max(moved_, told_waiting_) >= kTellEvery) {
    told_waiting_ = now;
    progress_("waiting for " + printable(source_) + ": nothing came for " + std::to_string(idle.count()) + " s");
  } else if (moved_ == now && bytes_ > before_ && now - told_ >= kTellEvery) {
    told_ = now;
    progress_(printable(source_) + ": " + human_bytes(bytes_ - before_) + " came so far");
  }
  return {};
}

}  // namespace boxcar
