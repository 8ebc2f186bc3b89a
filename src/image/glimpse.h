// An image in a registry of which only what is asked for is fetched: to read a file out of it without pulling it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "image/import_session.h"
#include "image/layer_store.h"
#include "image/layout.h"
#include "image/skopeo.h"

namespace boxcar {

// Thread-safe. Its layers go to the store like those of a pull, which finds them there later; the image is not recorded
// there. While it lives nobody removes layers.
class Glimpse {
 public:
  // Fetches manifest, configuration, and of the layers that the store misses the topmost ones. `source`: "docker://…".
  // Invalid: a manifest of a kind that is not understood here, or a faulty one. Otherwise as fetch_to_layout().
  static Result<std::shared_ptr<Glimpse>> take(const std::string& source, const std::string& store, LayerStore& layers,
                                               Pool& pool, const Fetch& fetch);

  const Image& image() const { return image_; }
  // The `i`th layer, topmost first, unpacked: fetched now where it must be. "" past the last.
  Result<std::string> tree(std::size_t i);

 private:
  Glimpse(ImportSession session, LayerStore& layers, Pool& pool, Fetch fetch)
      : session_(std::move(session)), layers_(layers), pool_(pool), fetch_(std::move(fetch)) {}
  Result<void> read_manifests(const std::string& source);
  Result<void> fetch_from(std::size_t top);

  std::mutex mutex_;
  ImportSession session_;
  LayerStore& layers_;
  Pool& pool_;
  const Fetch fetch_;
  std::string source_;  // by the digest of the very manifest
  std::vector<Manifest::Layer> manifest_;
  Image image_;
};

}  // namespace boxcar
