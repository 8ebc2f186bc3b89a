// What an ImageStore is made of: image_store.cc looks things up and removes, importing.cc fetches and imports,
// packing.cc gives away.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "image/catalog.h"
#include "image/image_source.h"
#include "image/image_store.h"
#include "image/import_session.h"
#include "image/layer_store.h"
#include "image/layout.h"
#include "image/locks.h"

namespace boxcar {

using ImagePtr = std::shared_ptr<const Image>;

ImagePtr with_reference(Image image, const std::string& reference);

struct ImageStore::State {
  State(std::string path, Pool& workers)
      : directory(std::move(path)), pool(workers), catalog(directory), layers(directory) {}

  const std::string directory;
  Pool& pool;
  Catalog catalog;
  LayerStore layers;

  std::mutex mutex;  // of what follows
  std::optional<FileLocks> uses;
  std::set<Digest> used;
  std::map<std::string, ImagePtr> resolved;

  bool use(const Digest& identity);
  ImagePtr known(Catalog::Kind kind, const std::string& name, const std::string& stamp = {});
  bool complete(const Image& image) const;

  Result<std::vector<FoundImage>> find(const ImageSource& source, const ImportSession& session,
                                       const Progress& progress);
  Result<std::vector<FoundImage>> fetch(const std::string& source, const ImportSession& session,
                                        const Progress& progress);
  Result<ImagePtr> keep(const FoundImage& found, ImportSession& session, const Progress& progress);
  Result<std::vector<ImagePtr>> take(const ImageSource& source, const std::string& as, bool only_one,
                                     const Progress& progress);
  Result<ImagePtr> take_named(const std::string& source, const std::string& reference, const Progress& progress);
  Result<ImagePtr> look_elsewhere(const std::string& name, const std::string& reference, bool local_asked,
                                  const Progress& progress);
  Result<std::string> config(const Image& image);
  Result<std::uint64_t> collect(const std::set<Digest>& unwanted, ImportSession* session);
};

}  // namespace boxcar
