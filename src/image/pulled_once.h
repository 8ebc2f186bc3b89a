// What `--pull always` pulls, it pulls once: who asks again gets the same.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "image/images.h"

namespace boxcar {

// Thread-safe. Passes everything on to `images`, which outlives this, but a name that it gave already with `Always`.
class PulledOnce final : public Images {
 public:
  explicit PulledOnce(Images& images) : images_(images) {}

  Result<std::shared_ptr<const Image>> resolve(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  Result<std::shared_ptr<const Image>> glimpse(const std::string& name, PullPolicy policy,
                                               const Progress& progress = {},
                                               const std::optional<Credentials>& credentials = {}) override;
  Result<std::string> read_file(const Image& image, const std::string& path, std::size_t limit) const override {
    return images_.read_file(image, path, limit);
  }

 private:
  using ImagePtr = std::shared_ptr<const Image>;

  ImagePtr known(const std::string& name, bool a_glimpse);
  void keep(const std::string& name, bool a_glimpse, const Result<ImagePtr>& image);

  Images& images_;
  std::mutex mutex_;
  std::map<std::pair<std::string, bool>, ImagePtr> pulled_;  // by name, and whether it is only a glimpse
};

}  // namespace boxcar
