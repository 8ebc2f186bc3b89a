// A layer's tar, unpacked into a directory.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "image/blob_stream.h"

namespace boxcar {

// Into `directory`, which exists and is empty (tree_writer.h says how names are kept inside), with memory bounded by a
// few megabytes. Gives the bytes of the files. Invalid names the entry at fault.
Result<std::uint64_t> unpack_tar(BlobStream& stream, const std::string& directory);

}  // namespace boxcar
