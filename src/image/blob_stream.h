// A layer's blob as the plain tar it holds, read and hashed once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sha256.h"

namespace boxcar {

// A run of bytes in a file: a whole file of an OCI layout, or a member of an archive.
struct Blob {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::optional<Digest> digest;  // of these bytes, where a manifest says it
};

enum class Compression { None, Gzip, Zstd };
Result<Compression> compression_of(const Blob& blob);  // by the first bytes

// Decompresses (gzip, zstd or neither, told by the first bytes) on a thread of its own, a few megabytes ahead of the
// reader, so that inflating and writing files overlap. One reader.
class BlobStream {
 public:
  static Result<std::unique_ptr<BlobStream>> open(const Blob& blob);
  ~BlobStream();  // the thread ends, read to the end or not
  BlobStream(const BlobStream&) = delete;
  BlobStream& operator=(const BlobStream&) = delete;

  bool compressed() const;
  // The next bytes, valid until the next call; empty at the end.
  Result<std::string_view> next();
  // Reads what is left and compares both digests: Invalid when the blob is not what `digest` names or the tar not
  // `diff_id`.
  Result<void> verify(const Digest& diff_id);

 private:
  struct State;
  explicit BlobStream(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace boxcar
