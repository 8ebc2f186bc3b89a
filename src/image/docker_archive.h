// An image as `docker save` writes it and `docker load` takes it, made while it is read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/blob_stream.h"

namespace boxcar {

// The next bytes, valid until the next call; empty at the end.
using ByteSource = std::function<Result<std::string_view>()>;

// A layer in it: a plain tar, or one that gzip compressed, which daemons inflate.
struct ArchiveLayer {
  Digest diff_id;
  std::uint64_t size = 0;                    // of the bytes that `open` gives
  std::function<Result<ByteSource>()> open;  // called when it is this layer's turn; never twice
};

// The layer in `blob`, as it is stored; where it is compressed by zstd, which not every Docker inflates, the plain tar.
// The file must live until the layer was read.
Result<ArchiveLayer> archive_layer(const Digest& diff_id, const Blob& blob);

// `config`: the document, with the digest that Docker calls the image's id. Lowest layer first; one that comes twice is
// read once. Under `name` (normalised) if it isn't "". One reader.
ByteSource docker_archive(const std::string& config, const std::vector<ArchiveLayer>& layers, const std::string& name);

// All of it to a new file.
Result<void> write_source(const ByteSource& source, const std::string& path);

}  // namespace boxcar
