#include <fcntl.h>

#include <array>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>

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

Result<void> write_source(const ByteSource& source, const std::string& path) {
  TRY(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  while (true) {
    TRY(const std::string_view bytes, source());
    if (bytes.empty()) return {};
    CHECK_OK(write_all(fd.get(), bytes));
  }
}

// Its name, if it is one with a tag.
std::string tag_of(const Image& image) {
  const auto source = parse_image_source(image.reference);
  const bool tagged = source && source->kind == ImageSource::Kind::Plain && normalize_reference(image.reference) &&
                      image.reference.find('@') == std::string::npos;
  return tagged ? image.reference : "";
}

// Of a plain file, owned by root.
std::string tar_header(const std::string& name, std::uint64_t size) {
  std::string block(512, '\0');
  const auto octal = [&](std::size_t at, std::size_t digits, std::uint64_t value) {
    for (std::size_t i = digits; i-- > 0; value /= 8) block[at + i] = static_cast<char>('0' + value % 8);
  };
  block.replace(0, name.size(), name);
  octal(100, 7, 0644);
  octal(108, 7, 0);
  octal(116, 7, 0);
  if (size >> 33 == 0) {
    octal(124, 11, size);
  } else {  // base 256, as every tar reads it
    block[124] = static_cast<char>(0x80);
    for (std::size_t at = 135; size > 0; --at, size >>= 8) block[at] = static_cast<char>(size & 0xff);
  }
  octal(136, 11, 0);
  block.replace(148, 8, "        ");
  block[156] = '0';
  block.replace(257, 8, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  octal(148, 6, sum);
  block[154] = '\0';
  return block;
}

// A tar as a row of pieces: bytes, and layers, which are opened when it is their turn.
class ArchiveStream {
 public:
  explicit ArchiveStream(const LayerStore& layers) : layers_(layers) {}

  void add(const std::string& name, std::uint64_t size, std::variant<std::string, Digest> content) {
    pieces_.emplace_back(tar_header(name, size));
    pieces_.push_back(std::move(content));
    pieces_.emplace_back(std::string((512 - size % 512) % 512, '\0'));
  }
  void end() { pieces_.emplace_back(std::string(1024, '\0')); }

  Result<std::string_view> next() {
    while (true) {
      if (tar_) {
        auto bytes = tar_->next();
        if (!bytes) return fail(in_layer(std::move(bytes).error(), layer_));
        if (!bytes->empty()) return bytes;
        tar_.reset();
      }
      if (pieces_.empty()) return std::string_view();
      const auto piece = std::move(pieces_.front());
      pieces_.pop_front();
      if (const std::string* bytes = std::get_if<std::string>(&piece)) {
        if (bytes->empty()) continue;
        bytes_ = *bytes;
        return std::string_view(bytes_);
      }
      layer_ = std::get<Digest>(piece);
      auto opened = layers_.open_tar(layer_);
      if (!opened) return fail(in_layer(std::move(opened).error(), layer_));
      tar_ = *std::move(opened);
    }
  }

 private:
  const LayerStore& layers_;
  std::deque<std::variant<std::string, Digest>> pieces_;
  std::string bytes_;
  Digest layer_;
  std::unique_ptr<LayerTar> tar_;
};

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

Result<ByteSource> ImageStore::docker_archive(const Image& image, const std::string& name) const {
  TRY(std::string config, state_->config(image));
  const auto stream = std::make_shared<ArchiveStream>(state_->layers);
  const std::string config_name = image.config.hex() + ".json";
  Json layers = Json::array();
  std::set<Digest> seen;
  for (const Digest& layer : image.layers) {
    const std::string file = layer.hex() + ".tar";
    layers.push_back(file);
    if (!seen.insert(layer).second) continue;
    const auto size = state_->layers.tar_size(layer);
    if (!size) return fail(in_layer(size.error(), layer));
    stream->add(file, *size, layer);
  }
  stream->add(config_name, config.size(), config);
  const Json names = name.empty() ? Json::array() : Json::array({name});
  const std::string manifest =
      Json::array({Json{{"Config", config_name}, {"RepoTags", names}, {"Layers", layers}}}).dump();
  stream->add("manifest.json", manifest.size(), manifest);
  stream->end();
  return [stream] { return stream->next(); };
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
