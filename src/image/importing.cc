#include <stdlib.h>

#include <utility>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"
#include "image/image_state.h"
#include "image/skopeo.h"
#include "net/daemon.h"

namespace boxcar {

namespace {

constexpr const char* kWhatToDo =
    "check its name, log in to its registry (skopeo login), or import it: boxcar image import docker-archive:FILE";

}  // namespace

ImagePtr with_reference(Image image, const std::string& reference) {
  image.reference = reference;
  return std::make_shared<const Image>(std::move(image));
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
    if (!layer.tar) continue;
    CHECK_OK(write_file(blobs + "/" + layer.diff_id.hex(), ""));
    for (const Digest& blob : layer.blobs) CHECK_OK(write_file(blobs + "/" + blob.hex(), ""));
  }
  if (progress) progress("fetching " + source);
  CHECK_OK(fetch_to_layout(source, layout));
  return read_oci_layout(Members::of_directory(layout), "", "");
}

Result<std::vector<FoundImage>> ImageStore::State::find(const ImageSource& source, const ImportSession& session,
                                                        const Progress& progress) {
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
  CHECK_OK(catalog.put_config(found.image.config, found.config));
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

Result<std::vector<ImagePtr>> ImageStore::State::take(const ImageSource& source, const std::string& as, bool only_one,
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
                                                   bool local_asked, const Progress& progress) {
  Error last;
  std::vector<std::string> places;
  if (local_asked) places.push_back("the local store: not there");
  const auto asked = [&](const std::string& place, Error error) {
    places.push_back(place + ": " + (error.kind == ErrorKind::NotFound ? "not there" : error.text()));
    last = std::move(error);
  };
  const auto done = [&](const Result<ImagePtr>& image) {
    return image || (image.error().kind == ErrorKind::Exhausted || image.error().kind == ErrorKind::Cancelled);
  };

  if (const auto host = docker_address(); !host) {
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
  places.emplace_back(kWhatToDo);
  return fail(Error{last.kind, "there is no image " + reference, {}, std::move(places)});
}

}  // namespace boxcar
