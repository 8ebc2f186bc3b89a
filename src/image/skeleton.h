// A layer's tar without what its files hold: the bytes between the contents, and which file of the unpacked layer each
// content is now. With it and the files the tar can be made again, byte for byte.
//
// A layer's directory holds `tree`, `skeleton` and, where an entry of the layer replaced an earlier one, `replaced`,
// with what was replaced under numbers and their `list`. The skeleton is a row of chunks, each two lengths of four
// bytes (compressed, plain; little-endian) and one zstd frame of records; an empty chunk is the end.
#pragma once

#include <time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "store/encoding.h"

struct ZSTD_CCtx_s;

namespace boxcar {

// A file or directory that went aside when a later entry of the layer took its place.
struct Replaced {
  std::uint64_t entry = 0;  // the number of that later entry
  std::string path;         // where it was in the tree, no symlink in it
};

// One thread's.
class SkeletonWriter {
 public:
  // `layer` is a directory without a skeleton.
  static Result<SkeletonWriter> create(const std::string& layer);

  void literal(std::string_view bytes);
  // The contents that follow are of that file, which entry `entry` of the layer made at `path` in the tree.
  void file(std::uint64_t entry, const std::string& path);
  void content(std::uint64_t offset, std::uint64_t length);
  // The last: what went aside, in the order of their numbers. Gives the tar's size, or the first error of all calls.
  Result<std::uint64_t> finish(const std::vector<Replaced>& replaced);

 private:
  struct FreeSqueezer {
    void operator()(ZSTD_CCtx_s* squeezer) const;
  };
  SkeletonWriter(UniqueFd fd, std::string layer);
  void end_run();
  void end_record();
  void write_chunk();

  UniqueFd fd_;
  std::string layer_;
  std::unique_ptr<ZSTD_CCtx_s, FreeSqueezer> squeezer_;  // made once: it takes longer than a chunk
  Encoder records_;
  std::string packed_;
  std::uint64_t run_offset_ = 0;  // a run of content that may go on
  std::uint64_t run_length_ = 0;
  std::uint64_t size_ = 0;
  Result<void> status_;
};

// A stretch of the tar: `bytes`, or `length` bytes from `offset` of the file `path` below the layer's directory.
struct Stretch {
  std::string_view bytes;             // valid until the next call
  const std::string* path = nullptr;  // null: it is `bytes`; valid as they are
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class SkeletonReader {
 public:
  // NotFound when the layer has none.
  static Result<SkeletonReader> open(const std::string& layer);
  // None at the end. Invalid when it is damaged.
  Result<std::optional<Stretch>> next();
  timespec written() const { return written_; }

 private:
  explicit SkeletonReader(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<bool> read_chunk();  // false at the end
  std::string place(std::uint64_t entry, std::string_view path) const;

  UniqueFd fd_;
  timespec written_{};
  // By the path it had: by which entry it was replaced, and its number below `replaced`.
  std::map<std::string, std::map<std::uint64_t, std::size_t>, std::less<>> replaced_;
  std::string chunk_;
  Decoder records_{{}};
  std::string path_;
};

std::string set_aside_directory(const std::string& layer);  // `replaced`

}  // namespace boxcar
