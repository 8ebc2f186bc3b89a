// What was read out of the images of daemons, so that no container has to be made for it again.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace boxcar {

// `image` names all that it holds, and who says so: then what was found stays true. Files of user_cache_directory(),
// which may go at any time. Thread-safe.
class FoundFiles {
 public:
  explicit FoundFiles(std::string directory) : directory_(std::move(directory)) {}

  // What keep() was told. A file that is not whole counts as none.
  std::optional<Result<std::string>> find(const std::string& image, const std::string& path, std::size_t limit) const;
  // Also that nothing is there (NotFound), or nothing of use (Invalid, Exhausted); other errors, and what can't be
  // written, are forgotten.
  void keep(const std::string& image, const std::string& path, std::size_t limit,
            const Result<std::string>& found) const;

 private:
  std::string file_of(const std::string& image, const std::string& path, std::size_t limit) const;

  const std::string directory_;
};

}  // namespace boxcar
