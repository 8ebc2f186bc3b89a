// A layer's tar, unpacked into a directory.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "image/blob_stream.h"

namespace boxcar {

struct Unpacked {
  std::uint64_t bytes = 0;  // of the files
  std::uint64_t tar = 0;    // the size of the tar
};

// Into layer/tree, which exists and is empty (tree_writer.h says how names are kept inside), to the stream's end, with
// memory bounded by a few megabytes. What it takes to make the tar again is kept beside it (skeleton.h). Invalid names
// the entry at fault.
Result<Unpacked> unpack_layer(BlobStream& stream, const std::string& layer);

}  // namespace boxcar
