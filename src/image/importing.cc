#include <stdlib.h>

#include <utility>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"
#include "image/docker_id.h"
#include "image/image_state.h"
#include "image/skopeo.h"
#include "net/daemon.h"

namespace boxcar {

namespace {

constexpr const char* kWhatToDo =
    "check its name, log in to its registry (boxcar image login), or import it: boxcar image import "
    "docker-archive:FILE";

constexpr const char* kInDocker = "docker-daemon:";

// Whether what came so far may be of use: with the same registry, a little later.
bool worth_going_on(const Error& error) {
  return error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Cancelled;
}

Result<void> check_only_one(const std::vector<FoundImage>& found, const ImageSource& source) {
  if (found.size() == 1) return {};
  std::vector<std::string> names;
  for (const FoundImage& one : found) names.push_back(one.names.empty() ? "one without a name" : one.names.front());
  return fail(ErrorKind::Invalid, printable(source.text) + " holds several images (" + join(names, ", ") +
                                      "): say which, with ':NAME' behind it");
}

}  // namespace

ImagePtr with_reference(Image image, const std::string& reference) {
  image.reference = reference;
  return std::make_shared<const Image>(std::move(image));
}

// What another boxcar kept under that name since it was looked up as `before`.
ImagePtr ImageStore::State::kept_since(const std::optional<ImageRecord>& before, Catalog::Kind kind,
                                       const std::string& name) {
  const auto now = catalog.find(kind, name);
  if (!now || (before && before->imported == now->imported)) return nullptr;
  {
    const std::lock_guard lock(mutex);
    resolved.erase((kind == Catalog::Kind::Name ? "n" : "s ") + name);
  }
  return known(kind, name);
}

Result<std::vector<FoundImage>> ImageStore::State::fetch_all(const std::string& source, const PartialLayout& partial,
                                                             const Fetch& fetch) {
  TRY(const auto here, layers.all());
  CHECK_OK(put_stand_ins(partial.path(), here));
  // Whether a daemon or a store on this machine has it is seen at once: worth a line only where it does.
  const bool far = source.starts_with("docker://");
  if (fetch.progress && far) fetch.progress("fetching " + source);
  CHECK_OK(fetch_to_layout(source, partial.path(), fetch));
  if (fetch.progress && !far) fetch.progress("fetched " + source);
  return read_oci_layout(Members::of_directory(partial.path()), "", "");
}

Result<std::vector<FoundImage>> ImageStore::State::find(const ImageSource& source, const ImportSession& session,
                                                        const PartialLayout* partial, const Fetch& fetch) {
  if (source.is_file()) {
    if (!exists(source.path)) return fail(ErrorKind::NotFound, "there is no " + printable(source.path));
    if (source.kind == ImageSource::Kind::OciDirectory) {
      return read_oci_layout(Members::of_directory(source.path), source.name, std::string(base_name(source.path)));
    }
    TRY(const Members members, Members::of_archive(source.path, session.scratch()));
    // What is in it says which it is; Docker since 25 writes both.
    const bool oci =
        members.has("index.json") && (source.kind == ImageSource::Kind::OciArchive || !members.has("manifest.json"));
    return oci ? read_oci_layout(members, source.name, "") : read_docker_archive(members, source.name);
  }
  TRY(auto found, fetch_all(source.text, *partial, fetch));
  if (auto name = normalize_reference(source.name)) {
    for (FoundImage& one : found) one.names = {*name};
  }
  return found;
}

Result<ImagePtr> ImageStore::State::keep(const FoundImage& found, ImportSession& session, const Progress& progress) {
  CHECK_OK(layers.import(found.image.layers, found.blobs, session.scratch(), pool, progress));
  ImageRecord record{"", "", now_micros(), found.image};
  CHECK_OK(catalog.prepare());
  CHECK_OK(catalog.put_config(found.image.config, found.config));
  CHECK_OK(catalog.put_identity(record));
  record.stamp = found.docker_id;
  for (const std::string& name : found.names) {
    record.name = name;
    CHECK_OK(catalog.put(Catalog::Kind::Name, record));
  }
  use(found.image.identity);
  const std::lock_guard lock(mutex);
  for (const std::string& name : found.names) resolved.erase("n" + name);
  return with_reference(found.image, found.names.empty() ? "" : found.names.front());
}

Result<std::vector<ImagePtr>> ImageStore::State::take_from(const ImageSource& source, const std::string& as,
                                                           bool only_one, ImportSession& session,
                                                           const PartialLayout* partial, const Fetch& fetch) {
  TRY(std::vector<FoundImage> found, find(source, session, partial, fetch));
  if (only_one || !as.empty()) CHECK_OK(check_only_one(found, source));
  if (!as.empty()) found.front().names = {as};
  std::vector<ImagePtr> images;
  for (const FoundImage& one : found) {
    auto kept = keep(one, session, fetch.progress);
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

Result<std::vector<ImagePtr>> ImageStore::State::take(const ImageSource& source, const std::string& as, bool only_one,
                                                      const Fetch& fetch) {
  const auto before = catalog.find(Catalog::Kind::Source, source.text);
  TRY(ImportSession session, ImportSession::begin(directory));
  if (source.is_file()) return take_from(source, as, only_one, session, nullptr, fetch);
  TRY(PartialLayout partial, PartialLayout::open(directory, source.text, fetch.progress));
  if (as.empty()) {
    if (ImagePtr image = kept_since(before, Catalog::Kind::Source, source.text)) return std::vector{std::move(image)};
  }
  auto images = take_from(source, as, only_one, session, &partial, fetch);
  if (images || !worth_going_on(images.error())) partial.discard();
  return images;
}

// The image at `source`, kept under `reference`; `before`: what stood there when it was looked up.
Result<ImagePtr> ImageStore::State::take_named(const std::string& source, const std::string& reference,
                                               const std::optional<ImageRecord>& before, const Fetch& fetch) {
  TRY(ImportSession session, ImportSession::begin(directory));
  TRY(PartialLayout partial, PartialLayout::open(directory, source, fetch.progress));
  if (ImagePtr image = kept_since(before, Catalog::Kind::Name, reference)) return image;
  const auto fetched = [&]() -> Result<ImagePtr> {
    // Asked before: built again in between, it is another one to the next run.
    std::string docker_id = source.starts_with(kInDocker) ? id_in_docker(reference) : "";
    TRY(std::vector<FoundImage> found, fetch_all(source, partial, fetch));
    found.front().names = {reference};
    found.front().docker_id = std::move(docker_id);
    return keep(found.front(), session, fetch.progress);
  };
  auto image = fetched();
  if (image || !worth_going_on(image.error())) partial.discard();
  return image;
}

// Of an image in a registry as much as is read, unless its manifest is not understood. No image of the store.
Result<ImagePtr> ImageStore::State::take_a_glimpse(const std::string& source, const std::string& reference,
                                                   const Fetch& fetch) {
  auto glimpse = Glimpse::take(source, directory, layers, pool, fetch);
  if (!glimpse && glimpse.error().kind == ErrorKind::Invalid)
    return take_named(source, reference, catalog.find(Catalog::Kind::Name, reference), fetch);
  if (!glimpse) return fail(std::move(glimpse).error());
  ImagePtr image = with_reference((*glimpse)->image(), reference);
  const std::lock_guard lock(mutex);
  glimpses[image->identity] = *std::move(glimpse);
  return image;
}

Result<ImagePtr> ImageStore::State::look_elsewhere(const std::string& name, const std::string& reference,
                                                   bool local_asked, bool a_glimpse, const Fetch& fetch) {
  const auto before = catalog.find(Catalog::Kind::Name, reference);
  Error last;
  std::vector<std::string> places;
  if (local_asked) {
    const std::string why = unusable(reference);
    places.push_back("the local store: " + (why.empty() ? "not there" : why));
  }
  const auto asked = [&](const std::string& place, Error error) {
    places.push_back(place + ": " + error.text());
    last = std::move(error);
  };
  const auto done = [&](const Result<ImagePtr>& image) {
    return image || (image.error().kind == ErrorKind::Exhausted || image.error().kind == ErrorKind::Cancelled);
  };

  if (const auto host = docker_address(); !host) {
    asked("Docker", host.error());
  } else if (auto image = take_named(kInDocker + reference, reference, before, fetch); done(image)) {
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
      auto image = take_named("containers-storage:" + one, reference, before, fetch);
      if (done(image)) return image;
      if (one == names.back()) asked("Podman", std::move(image).error());
    }
  }
  const std::string source = "docker://" + reference;
  auto image = a_glimpse ? take_a_glimpse(source, reference, fetch) : take_named(source, reference, before, fetch);
  if (done(image)) return image;
  asked("the registry", std::move(image).error());
  places.emplace_back(find_program("skopeo") ? kWhatToDo : "'boxcar doctor' says how to get what is missing");
  return fail(Error{last.kind, "there is no image " + reference, {}, std::move(places)});
}

// Of an image that was found somewhere, the layers that the store has come from there.
Result<Image> ImageStore::State::pass_on(const ImageSource& source, const std::string& name, const Fetch& fetch,
                                         const Handover& to) {
  TRY(const ImportSession session, ImportSession::begin_passing(directory));
  std::optional<PartialLayout> partial;
  if (!source.is_file()) {
    TRY(auto opened, PartialLayout::open(directory, source.text, fetch.progress));
    partial.emplace(std::move(opened));
    // Another boxcar may have been waited for.
    if (auto image = to.there()) return *std::move(image);
  }
  const auto passed = [&]() -> Result<Image> {
    TRY(const auto found, find(source, session, partial ? &*partial : nullptr, fetch));
    CHECK_OK(check_only_one(found, source));
    const FoundImage& image = found.front();
    std::vector<ArchiveLayer> all;
    for (std::size_t i = 0; i < image.blobs.size(); ++i) {
      const bool stand_in = image.blobs[i].size == 0 && layers.present(image.image.layers[i]);
      TRY(auto layer,
          stand_in ? kept_layer(image.image.layers[i]) : archive_layer(image.image.layers[i], image.blobs[i]));
      all.push_back(std::move(layer));
    }
    CHECK_OK(to.load(boxcar::docker_archive(image.config, all, name)));
    return image.image;
  }();
  if (partial && (passed || !worth_going_on(passed.error()))) partial->discard();
  return passed;
}

Result<Image> ImageStore::pass_on(const std::string& source, const std::string& name, const Handover& to,
                                  const Progress& progress, const std::optional<Credentials>& credentials) {
  TRY(const ImageSource parsed, parse_image_source(source));
  return state_->pass_on(parsed, name, {credentials, progress}, to);
}

}  // namespace boxcar
