#include "image/skeleton.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace boxcar {

namespace {

constexpr std::size_t kChunk = 128 << 10;     // of records, about
constexpr std::size_t kChunkLimit = 1 << 20;  // more than ever is written
constexpr int kLevel = 1;

enum Record : std::uint64_t { kLiteral, kFile, kContent };

using Lengths = std::array<std::uint32_t, 2>;  // compressed, plain

std::string skeleton_path(const std::string& layer) {
  return layer + "/skeleton";
}

std::string list_path(const std::string& layer) {
  return set_aside_directory(layer) + "/list";
}

tl::unexpected<Error> damaged() {
  return fail(ErrorKind::Invalid, "its skeleton is damaged");
}

Result<void> read_exactly(int fd, char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, into, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading its skeleton");
    if (got == 0) return damaged();
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace

std::string set_aside_directory(const std::string& layer) {
  return layer + "/replaced";
}

void SkeletonWriter::FreeSqueezer::operator()(ZSTD_CCtx_s* squeezer) const {
  ZSTD_freeCCtx(squeezer);
}

SkeletonWriter::SkeletonWriter(UniqueFd fd, std::string layer)
    : fd_(std::move(fd)), layer_(std::move(layer)), squeezer_(ZSTD_createCCtx()) {}

Result<SkeletonWriter> SkeletonWriter::create(const std::string& layer) {
  TRY(UniqueFd fd, open_file(skeleton_path(layer), O_WRONLY | O_CREAT | O_EXCL, 0600));
  return SkeletonWriter(std::move(fd), layer);
}

void SkeletonWriter::literal(std::string_view bytes) {
  if (bytes.empty()) return;
  end_run();
  size_ += bytes.size();
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kChunk);
    bytes.remove_prefix(part.size());
    records_.number(kLiteral);
    records_.text(part);
    end_record();
  }
}

void SkeletonWriter::file(std::uint64_t entry, const std::string& path) {
  end_run();
  records_.number(kFile);
  records_.number(entry);
  records_.text(path);
  end_record();
}

void SkeletonWriter::content(std::uint64_t offset, std::uint64_t length) {
  size_ += length;
  if (run_length_ > 0 && run_offset_ + run_length_ == offset) {
    run_length_ += length;
    return;
  }
  end_run();
  run_offset_ = offset;
  run_length_ = length;
}

void SkeletonWriter::end_run() {
  if (run_length_ == 0) return;
  records_.number(kContent);
  records_.number(run_offset_);
  records_.number(run_length_);
  run_length_ = 0;
  end_record();
}

void SkeletonWriter::end_record() {
  if (records_.data().size() >= kChunk) write_chunk();
}

void SkeletonWriter::write_chunk() {
  const std::string plain = records_.take();
  records_ = {};
  Lengths lengths{};
  packed_.resize(sizeof lengths + ZSTD_compressBound(plain.size()));
  if (!plain.empty()) {
    const std::size_t packed = ZSTD_compressCCtx(squeezer_.get(), packed_.data() + sizeof lengths,
                                                 packed_.size() - sizeof lengths, plain.data(), plain.size(), kLevel);
    lengths = {static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(plain.size())};
  }
  std::memcpy(packed_.data(), lengths.data(), sizeof lengths);
  packed_.resize(sizeof lengths + lengths[0]);
  if (status_) status_ = write_all(fd_.get(), packed_);
}

Result<std::uint64_t> SkeletonWriter::finish(const std::vector<Replaced>& replaced) {
  end_run();
  if (!records_.data().empty()) write_chunk();
  write_chunk();
  CHECK_OK(std::exchange(status_, {}));
  if (replaced.empty()) return size_;
  Encoder list;
  list.number(replaced.size());
  for (const Replaced& one : replaced) {
    list.number(one.entry);
    list.text(one.path);
  }
  CHECK_OK(write_file(list_path(layer_), list.data(), 0600));
  return size_;
}

Result<SkeletonReader> SkeletonReader::open(const std::string& layer) {
  TRY(UniqueFd fd, open_file(skeleton_path(layer), O_RDONLY));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return fail_errno("looking at " + skeleton_path(layer));
  SkeletonReader reader(std::move(fd));
  reader.written_ = info.st_mtim;
  if (!exists(list_path(layer))) return reader;
  TRY(const std::string text, read_file(list_path(layer)));
  Decoder list(text);
  const std::uint64_t count = list.number();
  for (std::size_t i = 0; i < count && list.ok(); ++i) {
    const std::uint64_t entry = list.number();
    reader.replaced_[std::string(list.text())].emplace(entry, i);
  }
  if (!list.ok()) return damaged();
  return reader;
}

Result<bool> SkeletonReader::read_chunk() {
  Lengths lengths{};
  CHECK_OK(read_exactly(fd_.get(), reinterpret_cast<char*>(lengths.data()), sizeof lengths));
  if (lengths[0] == 0) return false;
  if (std::max(lengths[0], lengths[1]) > kChunkLimit) return damaged();
  std::string packed(lengths[0], '\0');
  CHECK_OK(read_exactly(fd_.get(), packed.data(), packed.size()));
  chunk_.resize(lengths[1]);
  if (ZSTD_decompress(chunk_.data(), chunk_.size(), packed.data(), packed.size()) != chunk_.size()) return damaged();
  records_ = Decoder(chunk_);
  return true;
}

// Where what that entry made at `path` is now: the first to replace it, or a directory above it, took it away.
std::string SkeletonReader::place(std::uint64_t entry, std::string_view path) const {
  std::uint64_t first = UINT64_MAX;
  std::string result = "tree/" + std::string(path);
  if (replaced_.empty()) return result;
  for (std::size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
    const auto found = replaced_.find(path.substr(0, end));
    if (found == replaced_.end()) continue;
    const auto by = found->second.upper_bound(entry);
    if (by == found->second.end() || by->first >= first) continue;
    first = by->first;
    result = "replaced/" + std::to_string(by->second) + std::string(path.substr(end));
  }
  return result;
}

Result<std::optional<Stretch>> SkeletonReader::next() {
  while (true) {
    if (records_.rest().empty()) {
      TRY(const bool more, read_chunk());
      if (!more) return std::nullopt;
    }
    Stretch stretch;
    const std::uint64_t kind = records_.number();
    if (kind == kLiteral) {
      stretch.bytes = records_.text();
    } else if (kind == kFile) {
      const std::uint64_t entry = records_.number();
      path_ = place(entry, records_.text());
    } else if (kind == kContent) {
      stretch.path = &path_;
      stretch.offset = records_.number();
      stretch.length = records_.number();
    }
    if (!records_.ok() || kind > kContent) return damaged();
    if (kind == kFile) continue;
    if (stretch.bytes.empty() && stretch.length == 0) return damaged();
    return stretch;
  }
}

}  // namespace boxcar
