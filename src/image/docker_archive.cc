#include "image/docker_archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/fd.h"
#include "base/ustar.h"

namespace boxcar {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kChunk = 256 << 10;

using Opener = std::function<Result<ByteSource>()>;

Opener text_piece(std::string text) {
  return [text = std::move(text)]() -> Result<ByteSource> {
    return ByteSource([text, given = false]() mutable -> Result<std::string_view> {
      return std::exchange(given, true) ? std::string_view() : std::string_view(text);
    });
  };
}

// A tar as a row of pieces, each opened when it is its turn.
class ArchiveStream {
 public:
  void add(const std::string& name, std::uint64_t size, Opener content) {
    pieces_.push_back(text_piece(tar_header(name, size)));
    pieces_.push_back(std::move(content));
    pieces_.push_back(text_piece(std::string((kTarBlock - size % kTarBlock) % kTarBlock, '\0')));
  }
  void add(const std::string& name, const std::string& text) { add(name, text.size(), text_piece(text)); }
  void end() { pieces_.push_back(text_piece(std::string(2 * kTarBlock, '\0'))); }

  Result<std::string_view> next() {
    while (true) {
      if (piece_) {
        TRY(const auto bytes, piece_());
        if (!bytes.empty()) return bytes;
        piece_ = nullptr;
      }
      if (pieces_.empty()) return std::string_view();
      TRY(piece_, pieces_.front()());
      pieces_.pop_front();
    }
  }

 private:
  std::deque<Opener> pieces_;
  ByteSource piece_;
};

// The bytes of a blob as they are stored.
Result<ByteSource> read_blob_bytes(const Blob& blob) {
  TRY(auto opened, open_file(blob.path, O_RDONLY));
  const auto fd = std::make_shared<UniqueFd>(std::move(opened));
  const auto buffer = std::make_shared<std::string>(kChunk, '\0');
  return ByteSource([blob, fd, buffer, at = std::uint64_t{0}]() mutable -> Result<std::string_view> {
    const std::size_t wanted = std::min<std::uint64_t>(buffer->size(), blob.size - at);
    ssize_t got = 0;
    do {
      got = ::pread(fd->get(), buffer->data(), wanted, static_cast<off_t>(blob.offset + at));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_errno("reading " + blob.path);
    if (got == 0 && wanted > 0) return fail(ErrorKind::Invalid, blob.path + " ends too early");
    at += static_cast<std::uint64_t>(got);
    return std::string_view(*buffer).substr(0, static_cast<std::size_t>(got));
  });
}

Result<ByteSource> inflate(const Blob& blob) {
  TRY(auto opened, BlobStream::open(blob));
  const std::shared_ptr<BlobStream> stream = std::move(opened);
  return ByteSource([stream] { return stream->next(); });
}

}  // namespace

Result<ArchiveLayer> archive_layer(const Digest& diff_id, const Blob& blob) {
  TRY(const Compression compression, compression_of(blob));
  if (compression != Compression::Zstd)
    return ArchiveLayer{diff_id, blob.size, [blob] { return read_blob_bytes(blob); }};
  ArchiveLayer layer{diff_id, 0, [blob] { return inflate(blob); }};
  // A tar says the size of what it holds first.
  TRY(const ByteSource once, inflate(blob));
  while (true) {
    TRY(const auto bytes, once());
    if (bytes.empty()) return layer;
    layer.size += bytes.size();
  }
}

ByteSource docker_archive(const std::string& config, const std::vector<ArchiveLayer>& layers, const std::string& name) {
  const auto stream = std::make_shared<ArchiveStream>();
  const std::string config_name = sha256(config).hex() + ".json";
  Json files = Json::array();
  std::set<Digest> seen;
  for (const ArchiveLayer& layer : layers) {
    const std::string file = layer.diff_id.hex() + ".tar";
    files.push_back(file);
    if (seen.insert(layer.diff_id).second) stream->add(file, layer.size, layer.open);
  }
  stream->add(config_name, config);
  const Json names = name.empty() ? Json::array() : Json::array({name});
  stream->add("manifest.json",
              Json::array({Json{{"Config", config_name}, {"RepoTags", names}, {"Layers", files}}}).dump());
  stream->end();
  return [stream] { return stream->next(); };
}

Result<void> write_source(const ByteSource& source, const std::string& path) {
  TRY(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  while (true) {
    TRY(const std::string_view bytes, source());
    if (bytes.empty()) return {};
    CHECK_OK(write_all(fd.get(), bytes));
  }
}

}  // namespace boxcar
