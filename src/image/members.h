// The named files of an image that is not in the store yet: an OCI layout's directory, or a tar with one in it.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "image/blob_stream.h"

namespace boxcar {

class Members {  // one thread's
 public:
  static Members of_directory(std::string directory);
  // Only the headers are read. A compressed archive is first inflated to a file below `scratch`, which must outlive
  // this.
  static Result<Members> of_archive(const std::string& file, const std::string& scratch);

  // `name` is relative, as in the archive, without "./" before it. NotFound when it isn't there.
  Result<Blob> find(const std::string& name) const;
  // Of documents: at most 4 MiB, and 64 MiB in all, since a small file may name one large document any number of times.
  Result<std::string> read(const std::string& name) const;
  bool has(const std::string& name) const { return find(name).has_value(); }
  const std::string& where() const { return where_; }  // for messages

 private:
  std::string where_;
  bool directory_ = false;
  mutable std::uint64_t left_ = 64 << 20;  // to be read
  std::map<std::string, Blob> blobs_;
  std::map<std::string, std::string> links_;  // old `docker save` links equal layers
};

}  // namespace boxcar
