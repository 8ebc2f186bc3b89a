#include "image/image_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/fd.h"
#include "base/overlay.h"
#include "base/text.h"
#include "base/user_directories.h"
#include "image/docker_id.h"
#include "image/image_source.h"
#include "image/image_state.h"
#include "image/merged_tree.h"

namespace boxcar {

std::string ImageStore::default_directory() {
  return join_path(user_data_directory(), "images");
}

ImageStore::ImageStore(const std::string& directory, Pool& pool)
    : state_(std::make_unique<State>(absolute_path(directory, current_directory()), pool)) {}

ImageStore::~ImageStore() = default;

const std::string& ImageStore::directory() const {
  return state_->directory;
}

// Keeps the image from being removed while this object lives. False when there is no store yet.
bool ImageStore::State::use(const Digest& identity) {
  const std::lock_guard lock(mutex);
  if (used.contains(identity)) return true;
  if (!uses) {
    auto file = open_locks(directory);
    if (!file) return false;
    uses = *std::move(file);
  }
  // Who holds it otherwise is just removing the image: that is over at once.
  if (!uses->lock(image_lock(identity), LockMode::Shared)) return false;
  used.insert(identity);
  return true;
}

bool ImageStore::State::complete(const Image& image) const {
  return std::all_of(image.layers.begin(), image.layers.end(),
                     [&](const Digest& layer) { return layers.present(layer); });
}

std::string ImageStore::State::unusable(const std::string& reference) const {
  const auto record = catalog.find(Catalog::Kind::Name, reference);
  if (!record || complete(record->image)) return "";
  const auto& all = record->image.layers;
  if (std::none_of(all.begin(), all.end(), [&](const Digest& layer) { return layers.for_other_ids(layer); })) return "";
  return "unpacked for other subordinate ids than this user has now (/etc/subuid, /etc/subgid)";
}

// The image of that name if it is all here; null otherwise. The lock comes before the look: who removes looks at the
// lock.
ImagePtr ImageStore::State::known(Catalog::Kind kind, const std::string& name, const std::string& stamp) {
  const std::string key = (kind == Catalog::Kind::Name ? "n" : "s" + stamp + " ") + name;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = resolved.find(key); found != resolved.end()) return found->second;
  }
  const auto record = catalog.find(kind, name);
  if (!record || (kind == Catalog::Kind::Source && record->stamp != stamp) || !use(record->image.identity) ||
      !complete(record->image))
    return nullptr;
  ImagePtr image = with_reference(record->image, name);
  const std::lock_guard lock(mutex);
  return resolved.emplace(key, std::move(image)).first->second;
}

// Who builds an image that came from Docker again there means the new one. Asked once.
bool ImageStore::State::built_again(const std::string& reference) {
  {
    const std::lock_guard lock(mutex);
    if (!compared.insert(reference).second) return false;
  }
  const auto record = catalog.find(Catalog::Kind::Name, reference);
  if (!record || record->stamp.empty()) return false;
  const std::string now = id_in_docker(reference);
  return !now.empty() && now != record->stamp;
}

Result<ImagePtr> ImageStore::State::resolve(const std::string& name, PullPolicy policy, bool a_glimpse,
                                            const Fetch& fetch) {
  TRY(const ImageSource source, parse_image_source(name));
  if (source.kind != ImageSource::Kind::Plain) {
    if (policy != PullPolicy::Always) {
      if (ImagePtr image = known(Catalog::Kind::Source, source.text, source.stamp)) return image;
    }
    if (policy == PullPolicy::Never)
      return fail(ErrorKind::NotFound,
                  "the image " + printable(name) + " has not been imported, and is not to be fetched");
    if (a_glimpse && source.kind == ImageSource::Kind::Registry) return take_a_glimpse(source.text, source.name, fetch);
    auto images = take(source, "", true, fetch);
    if (images) return images->front();
    return fail(source.is_file() ? std::move(images).error() : std::move(images).error().in(printable(source.text)));
  }
  TRY(const std::string reference, normalize_reference(name));
  const bool pinned = reference.find('@') != std::string::npos;
  if (policy != PullPolicy::Always || pinned) {
    ImagePtr image = known(Catalog::Kind::Name, reference);
    if (image && (policy == PullPolicy::Never || pinned || !built_again(reference))) return image;
  }
  if (policy == PullPolicy::Never) {
    const std::string why = unusable(reference);
    return fail(ErrorKind::NotFound, "there is no image " + reference + " in the local store" +
                                         (why.empty() ? "" : ", but one that was " + why) +
                                         ", and it is not to be fetched; 'boxcar image pull' would");
  }
  return look_elsewhere(name, reference, policy != PullPolicy::Always, a_glimpse, fetch);
}

Result<ImagePtr> ImageStore::resolve(const std::string& name, PullPolicy policy, const Progress& progress,
                                     const std::optional<Credentials>& credentials) {
  return state_->resolve(name, policy, false, {credentials, progress});
}

Result<ImagePtr> ImageStore::glimpse(const std::string& name, PullPolicy policy, const Progress& progress,
                                     const std::optional<Credentials>& credentials) {
  return state_->resolve(name, policy, true, {credentials, progress});
}

Result<std::vector<ImagePtr>> ImageStore::import(const std::string& source, const std::string& as,
                                                 const Progress& progress) {
  TRY(ImageSource parsed, parse_image_source(source));
  if (parsed.kind == ImageSource::Kind::Plain) {
    TRY(parsed, image_source_of_path(source));
  }
  std::string name;
  if (!as.empty()) {
    TRY(name, normalize_reference(as));
  }
  return state_->take(parsed, name, false, {{}, progress});
}

Result<std::vector<ImageListing>> ImageStore::list() {
  TRY(const auto layers, state_->layers.all());
  std::map<Digest, std::uint64_t> sizes;
  for (const LayerInfo& layer : layers) sizes[layer.diff_id] = layer.bytes;
  TRY(auto records, state_->catalog.all(Catalog::Kind::Name));
  TRY(const auto identities, state_->catalog.identities());
  std::set<Digest> named;
  for (const ImageRecord& record : records) named.insert(record.image.identity);
  for (const ImageRecord& record : identities) {
    if (!named.contains(record.image.identity)) records.push_back(record);
  }
  std::vector<ImageListing> result;
  for (ImageRecord& record : records) {
    std::uint64_t bytes = 0;
    for (const Digest& layer : std::set(record.image.layers.begin(), record.image.layers.end())) bytes += sizes[layer];
    result.push_back({record.name, with_reference(std::move(record.image), record.name), bytes, record.imported});
  }
  return result;
}

Result<std::string> ImageStore::read_file(const Image& image, const std::string& path, std::size_t limit) const {
  std::shared_ptr<Glimpse> glimpse;
  {
    const std::lock_guard lock(state_->mutex);
    if (const auto found = state_->glimpses.find(image.identity); found != state_->glimpses.end())
      glimpse = found->second;
  }
  if (!glimpse) {
    TRY(const auto layers, layer_directories(image));
    return read_merged_file(layers, path, limit);
  }
  return read_merged_file([&](std::size_t i) { return glimpse->tree(i); }, path, limit);
}

Result<std::vector<std::string>> ImageStore::layer_directories(const Image& image) const {
  state_->use(image.identity);
  std::vector<std::string> result;
  std::set<Digest> seen;
  for (auto layer = image.layers.rbegin(); layer != image.layers.rend(); ++layer) {
    // Of a layer that comes twice the upper one says it all, and an overlay takes no directory twice.
    if (!seen.insert(*layer).second) continue;
    result.push_back(state_->layers.tree(*layer));
    // An overlay does not look whether a root is opaque.
    TRY(const UniqueFd root, open_file(result.back(), O_RDONLY | O_DIRECTORY));
    auto opaque = is_opaque(root.get());
    if (!opaque) return fail(std::move(opaque).error().in("reading " + result.back()));
    if (*opaque) break;
  }
  if (result.empty()) result.push_back(state_->directory + "/empty");
  return result;
}

// Removes those images, and with a session the layers nobody needs then; without one, only counts them.
Result<std::uint64_t> ImageStore::State::collect(const std::set<Digest>& unwanted, ImportSession* session) {
  TRY(const auto identities, catalog.identities());
  TRY(const auto names, catalog.all(Catalog::Kind::Name));
  TRY(const auto sources, catalog.all(Catalog::Kind::Source));
  std::set<Digest> needed;
  std::set<Digest> configs;
  for (const auto* records : {&identities, &names, &sources}) {
    for (const ImageRecord& record : *records) {
      if (unwanted.contains(record.image.identity)) continue;
      needed.insert(record.image.layers.begin(), record.image.layers.end());
      configs.insert(record.image.config);
    }
  }
  if (session != nullptr) {
    for (const Digest& identity : unwanted) CHECK_OK(catalog.drop_identity(identity));
    CHECK_OK(catalog.keep_only_configs(configs));
    for (const ImageRecord& record : sources) {
      if (unwanted.contains(record.image.identity)) CHECK_OK(catalog.drop(Catalog::Kind::Source, record.name));
    }
    const std::lock_guard lock(mutex);
    resolved.clear();
  }
  return layers.keep_only(needed, session != nullptr ? session->scratch() : "", session == nullptr);
}

Result<Removal> ImageStore::prune(bool dry_run) {
  Removal removal;
  if (!exists(state_->directory)) return removal;
  TRY(const auto listing, list());
  std::optional<ImportSession> session;
  if (!dry_run) {
    TRY(auto begun, ImportSession::begin_removal(state_->directory));
    session.emplace(std::move(begun));
  }
  TRY(FileLocks locks, open_locks(state_->directory));
  std::set<Digest> unwanted;
  for (const ImageListing& one : listing) {
    if (!one.reference.empty()) continue;
    // Held until the image is gone: who wants it meanwhile waits, and then finds it gone.
    TRY(const bool unused, locks.try_lock(image_lock(one.image->identity), LockMode::Exclusive));
    if (unused) unwanted.insert(one.image->identity);
  }
  removal.images.assign(unwanted.begin(), unwanted.end());
  TRY(removal.bytes, state_->collect(unwanted, session ? &*session : nullptr));
  TRY(const std::uint64_t broken, PartialLayout::remove_all(state_->directory, dry_run));
  removal.bytes += broken;
  return removal;
}

Result<Removal> ImageStore::remove(const std::string& name_or_identity) {
  TRY(const auto listing, list());
  const std::string reference = normalize_reference(name_or_identity).value_or("");
  std::string prefix = name_or_identity;
  if (prefix.starts_with("sha256:")) prefix = prefix.substr(7);
  std::set<Digest> meant;
  bool by_name = false;
  for (const ImageListing& one : listing) {
    if (!reference.empty() && one.reference == reference) {
      meant = {one.image->identity};
      by_name = true;
      break;
    }
    if (!prefix.empty() && one.image->identity.hex().starts_with(prefix)) meant.insert(one.image->identity);
  }
  if (meant.empty())
    return fail(ErrorKind::NotFound, "there is no image " + in_quotes(name_or_identity) + " in the local store");
  if (meant.size() > 1)
    return fail(ErrorKind::Invalid, "several images begin with " + in_quotes(name_or_identity) + ": give more of it");
  const Digest identity = *meant.begin();

  TRY(FileLocks locks, open_locks(state_->directory));
  TRY(const bool unused, locks.try_lock(image_lock(identity), LockMode::Exclusive));
  if (!unused && !by_name)
    return fail(ErrorKind::Denied, "the image " + identity.short_hex() + " is in use by a running boxcar");
  Removal removal;
  for (const ImageListing& one : listing) {
    if (one.image->identity != identity || one.reference.empty()) continue;
    if (by_name && one.reference != reference) {
      removal.stays = "it has another name, " + one.reference;
    } else {
      CHECK_OK(state_->catalog.drop(Catalog::Kind::Name, one.reference));
      removal.references.push_back(one.reference);
    }
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->resolved.clear();
  }
  if (removal.stays.empty() && !unused) removal.stays = "a running boxcar is using it";
  if (!removal.stays.empty()) return removal;
  auto session = ImportSession::begin_removal(state_->directory);
  if (!session) {
    if (session.error().kind != ErrorKind::Unavailable) return fail(std::move(session).error());
    removal.stays = "another boxcar is importing; 'boxcar image prune' removes it later";
    return removal;
  }
  TRY(removal.bytes, state_->collect({identity}, &*session));
  removal.images = {identity};
  return removal;
}

}  // namespace boxcar
