#include "image/image_store.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"
#include "image/catalog.h"
#include "image/import_session.h"
#include "image/layer_store.h"
#include "image/layout.h"
#include "image/merged_tree.h"
#include "image/skopeo.h"
#include "image/source.h"
#include "image/tree_writer.h"

namespace boxcar {

using ImagePtr = std::shared_ptr<const Image>;

namespace {

ImagePtr with_reference(Image image, const std::string& reference) {
  image.reference = reference;
  return std::make_shared<const Image>(std::move(image));
}

std::string here() {
  char buffer[PATH_MAX];
  return getcwd(buffer, sizeof buffer) != nullptr ? buffer : "/";
}

}  // namespace

struct ImageStore::State {
  State(std::string path, Pool& workers)
      : directory(std::move(path)), pool(workers), catalog(directory), layers(directory) {}

  const std::string directory;
  Pool& pool;
  Catalog catalog;
  LayerStore layers;

  std::mutex mutex;  // of what follows
  std::optional<RangeLocks> uses;
  std::set<Digest> used;
  std::map<std::string, ImagePtr> resolved;

  bool use(const Digest& identity);
  ImagePtr known(Catalog::Kind kind, const std::string& name, const std::string& stamp = {});
  bool complete(const Image& image) const;

  Result<std::vector<FoundImage>> find(const Source& source, const ImportSession& session, const Progress& progress);
  Result<std::vector<FoundImage>> fetch(const std::string& source, const ImportSession& session,
                                        const Progress& progress);
  Result<ImagePtr> keep(const FoundImage& found, ImportSession& session, const Progress& progress);
  Result<std::vector<ImagePtr>> take(const Source& source, const std::string& as, bool only_one,
                                     const Progress& progress);
  Result<ImagePtr> take_named(const std::string& source, const std::string& reference, const Progress& progress);
  Result<ImagePtr> look_elsewhere(const std::string& name, const std::string& reference, std::string places,
                                  const Progress& progress);
  Result<std::uint64_t> collect(const std::set<Digest>& unwanted, ImportSession* session);
};

std::string ImageStore::default_directory() {
  std::string base;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && data[0] == '/') {
    base = data;
  } else {
    const char* home = std::getenv("HOME");
    const passwd* user = home == nullptr ? getpwuid(geteuid()) : nullptr;
    base = join_path(home != nullptr ? home : user != nullptr ? user->pw_dir : "/", ".local/share");
  }
  return join_path(base, "boxcar/images");
}

ImageStore::ImageStore(std::string directory, Pool& pool)
    : state_(std::make_unique<State>(absolute_path(directory, here()), pool)) {}

ImageStore::~ImageStore() = default;

// Keeps the image from being removed while this object lives. False when there is no store yet.
bool ImageStore::State::use(const Digest& identity) {
  const std::lock_guard lock(mutex);
  if (used.contains(identity)) return true;
  if (!uses) {
    auto file = RangeLocks::open(directory + "/lock");
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

// The image of that name if it is all here; null otherwise. The lock comes before the look: who removes looks at the
// lock.
ImagePtr ImageStore::State::known(Catalog::Kind kind, const std::string& name, const std::string& stamp) {
  const std::string key = (kind == Catalog::Kind::Name ? "n" : "s" + stamp + " ") + name;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = resolved.find(key); found != resolved.end()) return found->second;
  }
  const auto record = catalog.find(kind, name);
  if (!record || record->stamp != stamp || !use(record->image.identity) || !complete(record->image)) return nullptr;
  ImagePtr image = with_reference(record->image, name);
  const std::lock_guard lock(mutex);
  return resolved.emplace(key, std::move(image)).first->second;
}

// Into an OCI layout in the session's directory. An empty file stands in for each blob whose layer is here: skopeo
// takes it as fetched already.
Result<std::vector<FoundImage>> ImageStore::State::fetch(const std::string& source, const ImportSession& session,
                                                         const Progress& progress) {
  std::string layout = session.scratch() + "/layout.XXXXXX";
  if (mkdtemp(layout.data()) == nullptr) return fail_errno("making " + layout);
  const std::string blobs = layout + "/blobs/sha256";
  CHECK_OK(make_directories(blobs));
  TRY(const auto here_already, layers.all());
  for (const LayerInfo& layer : here_already) {
    CHECK_OK(write_file(blobs + "/" + layer.diff_id.hex(), ""));
    for (const Digest& blob : layer.blobs) CHECK_OK(write_file(blobs + "/" + blob.hex(), ""));
  }
  if (progress) progress("fetching " + source);
  CHECK_OK(fetch_to_layout(source, layout));
  return read_oci_layout(Members::of_directory(layout), "", "");
}

Result<std::vector<FoundImage>> ImageStore::State::find(const Source& source, const ImportSession& session,
                                                        const Progress& progress) {
  if (source.is_file()) {
    if (!exists(source.path)) return fail(ErrorKind::NotFound, "there is no " + printable(source.path));
    if (source.kind == Source::Kind::OciDirectory) {
      return read_oci_layout(Members::of_directory(source.path), source.name, std::string(base_name(source.path)));
    }
    TRY(const Members members, Members::of_archive(source.path, session.scratch()));
    // What is in it says which it is; Docker since 25 writes both.
    const bool oci =
        members.has("index.json") && (source.kind == Source::Kind::OciArchive || !members.has("manifest.json"));
    return oci ? read_oci_layout(members, source.name, "") : read_docker_archive(members, source.name);
  }
  TRY(auto found, fetch(source.text, session, progress));
  if (auto name = normalize_reference(source.name)) {
    for (FoundImage& one : found) one.names = {*name};
  }
  return found;
}

Result<ImagePtr> ImageStore::State::keep(const FoundImage& found, ImportSession& session, const Progress& progress) {
  CHECK_OK(layers.import(found.image.layers, found.blobs, session.scratch(), pool, progress));
  ImageRecord record{"", "", now_micros(), found.image};
  CHECK_OK(catalog.prepare());
  CHECK_OK(catalog.put_identity(record));
  for (const std::string& name : found.names) {
    record.name = name;
    CHECK_OK(catalog.put(Catalog::Kind::Name, record));
  }
  use(found.image.identity);
  const std::lock_guard lock(mutex);
  for (const std::string& name : found.names) resolved.erase("n" + name);
  return with_reference(found.image, found.names.empty() ? "" : found.names.front());
}

Result<std::vector<ImagePtr>> ImageStore::State::take(const Source& source, const std::string& as, bool only_one,
                                                      const Progress& progress) {
  TRY(ImportSession session, ImportSession::begin(directory));
  TRY(std::vector<FoundImage> found, find(source, session, progress));
  if (found.size() > 1 && (only_one || !as.empty())) {
    std::vector<std::string> names;
    for (const FoundImage& one : found) names.push_back(one.names.empty() ? "one without a name" : one.names.front());
    return fail(ErrorKind::Invalid, printable(source.text) + " holds several images (" + join(names, ", ") +
                                        "): say which, with ':NAME' behind it");
  }
  if (!as.empty()) found.front().names = {as};
  std::vector<ImagePtr> images;
  for (const FoundImage& one : found) {
    auto kept = keep(one, session, progress);
    if (!kept)
      return fail(
          std::move(kept).error().in("importing " + (one.names.empty() ? printable(source.text) : one.names.front())));
    images.push_back(*std::move(kept));
  }
  if (images.size() == 1) {
    CHECK_OK(catalog.put(Catalog::Kind::Source, {source.text, source.stamp, now_micros(), *images.front()}));
    if (images.front()->reference.empty()) images.front() = with_reference(*images.front(), source.text);
  }
  return images;
}

// The image at `source`, kept under `reference`.
Result<ImagePtr> ImageStore::State::take_named(const std::string& source, const std::string& reference,
                                               const Progress& progress) {
  TRY(ImportSession session, ImportSession::begin(directory));
  TRY(std::vector<FoundImage> found, fetch(source, session, progress));
  found.front().names = {reference};
  return keep(found.front(), session, progress);
}

Result<ImagePtr> ImageStore::State::look_elsewhere(const std::string& name, const std::string& reference,
                                                   std::string places, const Progress& progress) {
  Error last;
  const auto asked = [&](const std::string& place, Error error) {
    places += (places.empty() ? "" : "; ") + place + ": " + error.text();
    last = std::move(error);
  };
  const auto done = [&](const Result<ImagePtr>& image) { return image || image.error().kind == ErrorKind::Exhausted; };

  if (const auto host = docker_host(); !host) {
    asked("Docker", host.error());
  } else if (auto image = take_named("docker-daemon:" + reference, reference, progress); done(image)) {
    return image;
  } else {
    asked("Docker", std::move(image).error());
  }
  if (!find_program("podman")) {
    asked("Podman", {ErrorKind::Unavailable, "not installed", {}});
  } else {
    // What podman or buildah built without naming a registry is called localhost/NAME there.
    std::vector<std::string> names = {reference};
    if (const auto local = normalize_reference("localhost/" + name); local && reference.starts_with("docker.io/"))
      names.push_back(*local);
    for (const std::string& one : names) {
      auto image = take_named("containers-storage:" + one, reference, progress);
      if (done(image)) return image;
      if (one == names.back()) asked("Podman", std::move(image).error());
    }
  }
  auto image = take_named("docker://" + reference, reference, progress);
  if (done(image)) return image;
  asked("the registry", std::move(image).error());
  return fail(last.kind, "no image " + reference + ": " + places);
}

Result<ImagePtr> ImageStore::resolve(const std::string& name, PullPolicy policy,
                                     const std::function<void(const std::string&)>& progress) {
  TRY(const Source source, parse_source(name));
  if (source.kind != Source::Kind::Plain) {
    if (policy != PullPolicy::Always) {
      if (ImagePtr image = state_->known(Catalog::Kind::Source, source.text, source.stamp)) return image;
    }
    if (policy == PullPolicy::Never)
      return fail(ErrorKind::NotFound,
                  "the image " + printable(name) + " has not been imported, and is not to be fetched");
    TRY(auto images, state_->take(source, "", true, progress));
    return images.front();
  }
  TRY(const std::string reference, normalize_reference(name));
  if (policy != PullPolicy::Always) {
    if (ImagePtr image = state_->known(Catalog::Kind::Name, reference)) return image;
  }
  const std::string local = policy == PullPolicy::Always ? "" : "the local store: not there";
  if (policy == PullPolicy::Never)
    return fail(ErrorKind::NotFound, "no image " + reference + ": " + local + ", and it is not to be fetched");
  return state_->look_elsewhere(name, reference, local, progress);
}

Result<std::vector<ImagePtr>> ImageStore::import(const std::string& source, const std::string& as,
                                                 const std::function<void(const std::string&)>& progress) {
  TRY(Source parsed, parse_source(source));
  if (parsed.kind == Source::Kind::Plain) {
    TRY(parsed, source_of_path(source));
  }
  std::string name;
  if (!as.empty()) {
    TRY(name, normalize_reference(as));
  }
  return state_->take(parsed, name, false, progress);
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
  return read_merged_file(layer_directories(image), path, limit);
}

std::vector<std::string> ImageStore::layer_directories(const Image& image) const {
  state_->use(image.identity);
  std::vector<std::string> result;
  std::set<Digest> seen;
  for (auto layer = image.layers.rbegin(); layer != image.layers.rend(); ++layer) {
    // Of a layer that comes twice the upper one says it all, and an overlay takes no directory twice.
    if (!seen.insert(*layer).second) continue;
    result.push_back(state_->layers.tree(*layer));
    // An overlay does not look whether a root is opaque.
    const UniqueFd root(open(result.back().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root && is_opaque(root.get())) break;
  }
  if (result.empty()) result.push_back(state_->directory + "/empty");
  return result;
}

// Removes those images, and with a session the layers nobody needs then; without one, only counts them.
Result<std::uint64_t> ImageStore::State::collect(const std::set<Digest>& unwanted, ImportSession* session) {
  TRY(const auto identities, catalog.identities());
  TRY(const auto names, catalog.all(Catalog::Kind::Name));
  std::set<Digest> needed;
  for (const auto* records : {&identities, &names}) {
    for (const ImageRecord& record : *records) {
      if (!unwanted.contains(record.image.identity))
        needed.insert(record.image.layers.begin(), record.image.layers.end());
    }
  }
  if (session != nullptr) {
    for (const Digest& identity : unwanted) CHECK_OK(catalog.drop_identity(identity));
    TRY(const auto sources, catalog.all(Catalog::Kind::Source));
    for (const ImageRecord& record : sources) {
      if (unwanted.contains(record.image.identity)) CHECK_OK(catalog.drop(Catalog::Kind::Source, record.name));
    }
    const std::lock_guard lock(mutex);
    resolved.clear();
  }
  return layers.keep_only(needed, session != nullptr ? session->scratch() : "", session == nullptr);
}

Result<std::uint64_t> ImageStore::prune(bool dry_run) {
  if (!exists(state_->directory)) return 0;
  TRY(const auto listing, list());
  std::optional<ImportSession> session;
  if (!dry_run) {
    TRY(auto begun, ImportSession::begin_removal(state_->directory));
    session.emplace(std::move(begun));
  }
  TRY(RangeLocks locks, RangeLocks::open(state_->directory + "/lock"));
  std::set<Digest> unwanted;
  for (const ImageListing& one : listing) {
    if (!one.reference.empty()) continue;
    // Held until the image is gone: who wants it meanwhile waits, and then finds it gone.
    TRY(const bool unused, locks.try_lock(image_lock(one.image->identity), LockMode::Exclusive));
    if (unused) unwanted.insert(one.image->identity);
  }
  return state_->collect(unwanted, session ? &*session : nullptr);
}

Result<void> ImageStore::remove(const std::string& name_or_identity) {
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
    return fail(ErrorKind::NotFound, "there is no image '" + printable(name_or_identity) + "' in the local store");
  if (meant.size() > 1)
    return fail(ErrorKind::Invalid, "several images begin with '" + printable(name_or_identity) + "': give more of it");
  const Digest identity = *meant.begin();

  TRY(RangeLocks locks, RangeLocks::open(state_->directory + "/lock"));
  TRY(const bool unused, locks.try_lock(image_lock(identity), LockMode::Exclusive));
  if (!unused && !by_name)
    return fail(ErrorKind::Denied, "the image " + identity.short_hex() + " is in use by a running boxcar");
  bool named = false;
  for (const ImageListing& one : listing) {
    if (one.image->identity != identity || one.reference.empty()) continue;
    if (by_name && one.reference != reference) {
      named = true;
    } else {
      CHECK_OK(state_->catalog.drop(Catalog::Kind::Name, one.reference));
    }
  }
  {
    const std::lock_guard lock(state_->mutex);
    state_->resolved.clear();
  }
  if (named || !unused) return {};
  auto session = ImportSession::begin_removal(state_->directory);
  // While others import, the rest is left to prune.
  if (!session)
    return session.error().kind == ErrorKind::Unavailable ? Result<void>() : fail(std::move(session).error());
  CHECK_OK(state_->collect({identity}, &*session));
  return {};
}

}  // namespace boxcar
