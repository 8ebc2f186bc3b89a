#include "image/layer_tar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <tuple>

#include "base/directory.h"
#include "base/interrupt.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kBuffer = 256 << 10;

tl::unexpected<Error> altered(const std::string& what) {
  return fail(ErrorKind::Invalid, "it was altered since it was unpacked: " + what);
}

}  // namespace

Result<std::unique_ptr<LayerTar>> LayerTar::open(const std::string& layer, const Digest& diff_id) {
  TRY(SkeletonReader skeleton, SkeletonReader::open(layer));
  TRY(UniqueFd root, open_file(layer, O_RDONLY | O_DIRECTORY));
  return std::unique_ptr<LayerTar>(new LayerTar(std::move(root), std::move(skeleton), diff_id));
}

Result<void> LayerTar::open_content(const std::string& path) {
  if (file_ && path == path_) return {};
  path_ = path;
  // Not to wait for a FIFO.
  auto opened = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK);
  if (!opened) {
    const ErrorKind kind = opened.error().kind;
    return kind == ErrorKind::NotFound || kind == ErrorKind::Invalid ? altered(opened.error().text())
                                                                     : fail(std::move(opened).error());
  }
  file_ = *std::move(opened);
  struct stat info {};
  if (fstat(file_.get(), &info) != 0) return fail_errno("looking at " + printable(path));
  if (!S_ISREG(info.st_mode)) return altered(printable(path) + " is no file any more");
  const timespec then = skeleton_.written();
  if (std::tie(info.st_ctim.tv_sec, info.st_ctim.tv_nsec) > std::tie(then.tv_sec, then.tv_nsec)) changed_ = path;
  return {};
}

Result<std::string_view> LayerTar::read_content() {
  buffer_.resize(kBuffer);
  ssize_t got = 0;
  do {
    got = pread(file_.get(), buffer_.data(), std::min<std::uint64_t>(left_, kBuffer), static_cast<off_t>(offset_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno("reading " + printable(path_));
  if (got == 0) return altered(printable(path_) + " is shorter now");
  offset_ += static_cast<std::uint64_t>(got);
  left_ -= static_cast<std::uint64_t>(got);
  return std::string_view(buffer_.data(), static_cast<std::size_t>(got));
}

Result<std::string_view> LayerTar::next() {
  if (interrupted()) return fail(interruption());
  std::string_view bytes;
  if (left_ == 0) {
    TRY(const auto stretch, skeleton_.next());
    if (!stretch) {
      const Digest digest = hash_.finish();
      if (digest == diff_id_) return bytes;
      return altered("its tar would have the digest sha256:" + digest.hex() + " instead of sha256:" + diff_id_.hex() +
                     (changed_.empty() ? "" : "; " + printable(changed_) + " was changed"));
    }
    bytes = stretch->bytes;
    if (stretch->path != nullptr) {
      CHECK_OK(open_content(*stretch->path));
      offset_ = stretch->offset;
      left_ = stretch->length;
    }
  }
  if (left_ > 0) {
    TRY(bytes, read_content());
  }
  hash_.update(bytes);
  return bytes;
}

}  // namespace boxcar
