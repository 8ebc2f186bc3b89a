#include "image/pulled_once.h"

#include "image/image_source.h"
#include "image/image_store.h"

namespace boxcar {

namespace {

// "a" and "docker.io/library/a:latest" are one.
std::string in_full(const std::string& name) {
  const auto source = parse_image_source(name);
  if (!source || source->kind != ImageSource::Kind::Plain) return name;
  return normalize_reference(name).value_or(name);
}

}  // namespace

Result<PulledOnce::ImagePtr> PulledOnce::resolve(const std::string& name, PullPolicy policy, const Progress& progress,
                                                 const std::optional<Credentials>& credentials) {
  if (policy != PullPolicy::Always) return images_.resolve(name, policy, progress, credentials);
  if (auto image = known(name, false)) return image;
  auto image = images_.resolve(name, policy, progress, credentials);
  keep(name, false, image);
  return image;
}

Result<PulledOnce::ImagePtr> PulledOnce::glimpse(const std::string& name, PullPolicy policy, const Progress& progress,
                                                 const std::optional<Credentials>& credentials) {
  if (policy != PullPolicy::Always) return images_.glimpse(name, policy, progress, credentials);
  for (const bool a_glimpse : {false, true}) {
    if (auto image = known(name, a_glimpse)) return image;
  }
  auto image = images_.glimpse(name, policy, progress, credentials);
  keep(name, true, image);
  return image;
}

PulledOnce::ImagePtr PulledOnce::known(const std::string& name, bool a_glimpse) {
  const std::lock_guard lock(mutex_);
  const auto found = pulled_.find({in_full(name), a_glimpse});
  return found == pulled_.end() ? nullptr : found->second;
}

void PulledOnce::keep(const std::string& name, bool a_glimpse, const Result<ImagePtr>& image) {
  if (!image) return;
  const std::lock_guard lock(mutex_);
  pulled_.emplace(std::pair(in_full(name), a_glimpse), *image);
}

}  // namespace boxcar
