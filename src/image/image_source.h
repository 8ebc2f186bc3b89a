// Where an image is to be taken from: "docker-archive:/tmp/a.tar:kliko/simms" in its parts.
#pragma once

#include <string>

#include "base/result.h"

namespace boxcar {

struct ImageSource {
  enum class Kind { OciDirectory, OciArchive, DockerArchive, DockerDaemon, ContainersStorage, Registry, Plain };
  Kind kind = Kind::Plain;  // Plain: none of the prefixes, to be looked for
  std::string text;         // as it was written, a file's path made absolute: what it is remembered by
  std::string path;         // of the first three: absolute
  std::string name;   // which image of a file ("": all, or its only one); of the others which image, as skopeo wants it
  std::string stamp;  // of a file: changes when it does; "" of the others, and where there is no such file

  bool is_file() const { return kind <= Kind::DockerArchive; }
};

// Invalid: a prefix with something wrong behind it.
Result<ImageSource> parse_image_source(const std::string& text);
// A path as people give one to `boxcar image import`: a directory is an OCI layout, a file what `docker save` or the
// like wrote. Invalid when nothing is there.
Result<ImageSource> image_source_of_path(const std::string& path);

}  // namespace boxcar
