// libarchive's reader, freed with its owner. Only for the .cc files that read archives.
#pragma once

#include <archive.h>

#include <memory>

namespace boxcar {

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, FreeArchive>;

}  // namespace boxcar
