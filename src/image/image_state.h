// What an ImageStore is made of: image_store.cc looks things up and removes, importing.cc fetches and imports or
// passes on, packing.cc gives away.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "image/catalog.h"
#include "image/credentials.h"
#include "image/glimpse.h"
#include "image/image_source.h"
#include "image/image_store.h"
#include "image/import_session.h"
#include "image/layer_store.h"
#include "image/layout.h"
#include "image/locks.h"
#include "image/partial_layout.h"
#include "image/skopeo.h"

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
  std::map<Digest, std::shared_ptr<Glimpse>> glimpses;
  std::set<std::string> compared;  // names, with what Docker has

  bool use(const Digest& identity);
  ImagePtr known(Catalog::Kind kind, const std::string& name, const std::string& stamp = {});
  bool complete(const Image& image) const;
  // Why it can't be used, of an image that is here in part, unpacked under another map of ids; else "".
  std::string unusable(const std::string& reference) const;
  bool built_again(const std::string& reference);

  Result<ImagePtr> resolve(const std::string& name, PullPolicy policy, bool a_glimpse, const Fetch& fetch);
  ImagePtr kept_since(const std::optional<ImageRecord>& before, Catalog::Kind kind, const std::string& name);
  Result<std::vector<FoundImage>> find(const ImageSource& source, const ImportSession& session,
                                       const PartialLayout* partial, const Fetch& fetch);
  Result<std::vector<FoundImage>> fetch_all(const std::string& source, const PartialLayout& partial,
                                            const Fetch& fetch);
  Result<ImagePtr> keep(const FoundImage& found, ImportSession& session, const Progress& progress);
  Result<std::vector<ImagePtr>> take_from(const ImageSource& source, const std::string& as, bool only_one,
                                          ImportSession& session, const PartialLayout* partial, const Fetch& fetch);
  Result<std::vector<ImagePtr>> take(const ImageSource& source, const std::string& as, bool only_one,
                                     const Fetch& fetch);
  Result<ImagePtr> take_named(const std::string& source, const std::string& reference,
                              const std::optional<ImageRecord>& before, const Fetch& fetch);
  Result<ImagePtr> take_a_glimpse(const std::string& source, const std::string& reference, const Fetch& fetch);
  Result<ImagePtr> look_elsewhere(const std::string& name, const std::string& reference, bool local_asked,
                                  bool a_glimpse, const Fetch& fetch);
  Result<Image> pass_on(const ImageSource& source, const std::string& name, const Fetch& fetch, const Handover& to);
  Result<std::string> config(const Image& image);
  Result<ArchiveLayer> kept_layer(const Digest& layer) const;
  Result<std::uint64_t> collect(const std::set<Digest>& unwanted, ImportSession* session);
};

}  // namespace boxcar
