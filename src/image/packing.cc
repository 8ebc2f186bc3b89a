#include <nlohmann/json.hpp>
#include <utility>

#include "base/fd.h"
#include "image/image_state.h"
#include "image/skopeo.h"

namespace boxcar {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar";

Json descriptor(const char* type, const Digest& digest, std::uint64_t size) {
  return {{"mediaType", type}, {"digest", "sha256:" + digest.hex()}, {"size", size}};
}

Error in_layer(Error error, const Digest& layer) {
  return std::move(error).in("layer sha256:" + layer.short_hex());
}

// Its name, if it is one with a tag.
std::string tag_of(const Image& image) {
  const auto source = parse_image_source(image.reference);
  const bool tagged = source && source->kind == ImageSource::Kind::Plain && normalize_reference(image.reference) &&
                      image.reference.find('@') == std::string::npos;
  return tagged ? image.reference : "";
}

}  // namespace

// The configuration it came with.
Result<std::string> ImageStore::State::config(const Image& image) {
  // Whoever gives an image away reads it for longer than a moment.
  use(image.identity);
  if (image.config.is_zero()) return fail(ErrorKind::NotFound, kKeptTooLittle);
  return catalog.config(image.config);
}

Result<void> ImageStore::write_layout(const Image& image, const std::string& directory) const {
  TRY(const std::string config, state_->config(image));
  const std::string blobs = directory + "/blobs/sha256/";
  CHECK_OK(make_directories(blobs));
  Json layers = Json::array();
  for (const Digest& layer : image.layers) {
    const auto size = state_->layers.tar_size(layer);
    if (!size) return fail(in_layer(size.error(), layer));
    layers.push_back(descriptor(kLayerType, layer, *size));
    if (exists(blobs + layer.hex())) continue;  // it comes twice
    TRY(const auto tar, state_->layers.open_tar(layer));
    auto written = write_source([&] { return tar->next(); }, blobs + layer.hex());
    if (!written) return fail(in_layer(std::move(written).error(), layer));
  }
  CHECK_OK(write_file(blobs + image.config.hex(), config));
  const std::string manifest = Json{
      {"schemaVersion", 2},
      {"mediaType", kManifestType},
      {"config", descriptor(kConfigType, image.config, config.size())},
      {"layers", layers}}.dump();
  CHECK_OK(write_file(blobs + sha256(manifest).hex(), manifest));
  Json entry = descriptor(kManifestType, sha256(manifest), manifest.size());
  if (const std::string name = tag_of(image); !name.empty())
    entry["annotations"]["org.opencontainers.image.ref.name"] = name;
  CHECK_OK(
      write_file(directory + "/index.json", Json{{"schemaVersion", 2}, {"manifests", Json::array({entry})}}.dump()));
  return write_file(directory + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
}

// Opened when it is its turn: a hundred layers are a hundred files.
Result<ArchiveLayer> ImageStore::State::kept_layer(const Digest& layer) const {
  const auto size = layers.tar_size(layer);
  if (!size) return fail(in_layer(size.error(), layer));
  return ArchiveLayer{layer, *size, [this, layer]() -> Result<ByteSource> {
                        auto opened = layers.open_tar(layer);
                        if (!opened) return fail(in_layer(std::move(opened).error(), layer));
                        const std::shared_ptr<LayerTar> tar = *std::move(opened);
                        return ByteSource([tar, layer]() -> Result<std::string_view> {
                          auto bytes = tar->next();
                          if (!bytes) return fail(in_layer(std::move(bytes).error(), layer));
                          return bytes;
                        });
                      }};
}

Result<ByteSource> ImageStore::docker_archive(const Image& image, const std::string& name) const {
  TRY(const std::string config, state_->config(image));
  std::vector<ArchiveLayer> layers;
  for (const Digest& diff_id : image.layers) {
    TRY(auto layer, state_->kept_layer(diff_id));
    layers.push_back(std::move(layer));
  }
  return boxcar::docker_archive(config, layers, name);
}

Result<std::string> ImageStore::push(const Image& image, const std::string& destination, const Progress& progress) {
  const std::string own_name = tag_of(image);
  if (destination.empty() && own_name.empty())
    return fail(ErrorKind::Invalid, "say where the image is to go: it has no name that its registry would know it by");
  TRY(const ImageSource place, parse_image_source(destination.empty() ? own_name : destination));
  std::string to = place.text;
  if (place.kind == ImageSource::Kind::Plain) {
    TRY(const std::string reference, normalize_reference(place.name));
    to = "docker://" + reference;
  } else if (place.is_file() && place.name.empty() && !own_name.empty()) {
    to += ":" + own_name;
  }
  TRY(const ImportSession session, ImportSession::begin(state_->directory));
  if (progress) progress("packing " + image.identity.short_hex());
  std::string from;
  // Docker's own form for Docker, an OCI layout for all others: the configuration is not rewritten then.
  if (place.kind == ImageSource::Kind::DockerDaemon || place.kind == ImageSource::Kind::DockerArchive) {
    from = session.scratch() + "/image.tar";
    TRY(const ByteSource archive, docker_archive(image, ""));
    CHECK_OK(write_source(archive, from));
    from.insert(0, "docker-archive:");
  } else {
    from = session.scratch() + "/image";
    CHECK_OK(write_layout(image, from));
    from.insert(0, "oci:");
  }
  if (progress) progress("pushing to " + to);
  auto pushed = push_image(from, to, session.scratch());
  if (!pushed) return fail(std::move(pushed).error().in("pushing to " + to));
  return to;
}

}  // namespace boxcar
