#include "image/layout.h"

#include <sys/utsname.h>

#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "base/json_number.h"
#include "base/text.h"
#include "image/image_store.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr int kMaxNesting = 4;  // of an index in an index

struct Descriptor {
  Digest digest;
  std::string platform;  // "" where it doesn't say
  std::string name;      // "" where it has none
};

tl::unexpected<Error> faulty(const std::string& what, const std::string& why) {
  return fail(ErrorKind::Invalid, what + " is faulty: " + why);
}

// Wraps what nlohmann throws at documents that are not what they should be.
template <class F>
auto reading(const std::string& what, F&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Json::exception& error) {
    return faulty(what, error.what());
  }
}

std::optional<Digest> parse_digest(const std::string& text) {
  return text.starts_with("sha256:") ? Digest::parse(std::string_view(text).substr(7)) : std::nullopt;
}

std::string blob_name(const Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

Result<std::string> read_text(const Members& members, const std::string& name, const std::optional<Digest>& digest) {
  TRY(std::string text, members.read(name));
  if (digest && sha256(text) != *digest)
    return fail(ErrorKind::Invalid, name + " of " + members.where() + " is not what its digest says");
  return text;
}

Result<Json> read_document(const Members& members, const std::string& name, const std::optional<Digest>& digest = {}) {
  TRY(const std::string text, read_text(members, name, digest));
  return reading(name + " of " + members.where(), [&]() -> Result<Json> { return Json::parse(text); });
}

std::vector<std::string> strings(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return found->get<std::vector<std::string>>();
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? "" : found->get<std::string>();
}

Result<FoundImage> read_config(const Members& members, const std::string& name, const std::optional<Digest>& digest) {
  TRY(const std::string text, read_text(members, name, digest));
  return reading(name + " of " + members.where(), [&]() -> Result<FoundImage> {
    const Json document = Json::parse(text);
    FoundImage result;
    result.config = text;
    Image& image = result.image;
    image.config = sha256(text);
    if (const std::string os = text_of(document, "os"); !os.empty()) image.os = os;
    image.architecture = text_of(document, "architecture");
    image.variant = text_of(document, "variant");
    if (image.architecture.empty()) image.architecture = machine_architecture();
    for (const std::string& layer : document.at("rootfs").at("diff_ids").get<std::vector<std::string>>()) {
      const auto diff_id = parse_digest(layer);
      if (!diff_id) return faulty(name + " of " + members.where(), in_quotes(layer) + " is not a sha256 digest");
      image.layers.push_back(*diff_id);
    }
    if (const auto found = document.find("config"); found != document.end() && found->is_object()) {
      image.env = strings(*found, "Env");
      image.user = text_of(*found, "User");
      image.working_dir = text_of(*found, "WorkingDir");
      image.entrypoint = strings(*found, "Entrypoint");
      image.cmd = strings(*found, "Cmd");
      if (const auto labels = found->find("Labels"); labels != found->end() && labels->is_object()) {
        image.labels = labels->get<std::map<std::string, std::string>>();
      }
    }
    image.identity = image_identity(image);
    return result;
  });
}

std::string platform_of(const Json& descriptor) {
  const auto found = descriptor.find("platform");
  if (found == descriptor.end() || !found->is_object()) return "";
  const std::string variant = text_of(*found, "variant");
  return text_of(*found, "os") + "/" + text_of(*found, "architecture") + (variant.empty() ? "" : "/" + variant);
}

Result<std::vector<Descriptor>> descriptors(const Json& index, const std::string& what) {
  return reading(what, [&]() -> Result<std::vector<Descriptor>> {
    std::vector<Descriptor> result;
    for (const Json& item : index.at("manifests")) {
      const auto digest = parse_digest(item.at("digest").get<std::string>());
      if (!digest) return faulty(what, "a manifest's digest is not sha256");
      Descriptor descriptor{*digest, platform_of(item), ""};
      if (const auto notes = item.find("annotations"); notes != item.end() && notes->is_object()) {
        descriptor.name = text_of(*notes, "io.containerd.image.name");
        if (descriptor.name.empty()) descriptor.name = text_of(*notes, "org.opencontainers.image.ref.name");
      }
      result.push_back(std::move(descriptor));
    }
    return result;
  });
}

// Of an image's platforms this machine's; one that doesn't say which it is for will do.
Result<Descriptor> choose_platform(const std::vector<Descriptor>& all) {
  const std::string ours = "linux/" + machine_architecture();
  const Descriptor* best = nullptr;
  std::vector<std::string> others;
  for (const Descriptor& one : all) {
    if (one.platform == ours) return one;
    const bool fits = one.platform.empty() || one.platform.starts_with(ours + "/");
    if (fits && (best == nullptr || best->platform.empty())) best = &one;
    if (!fits && one.platform != "unknown/unknown") others.push_back(one.platform);
  }
  if (best != nullptr) return *best;
  return fail(ErrorKind::NotFound,
              "it is not for this machine, " + ours + (others.empty() ? "" : ", but for " + join(others, ", ")));
}

Result<FoundImage> read_manifest(const Members& members, const Descriptor& at, int depth = 0) {
  const std::string name = blob_name(at.digest);
  TRY(const Json document, read_document(members, name, at.digest));
  if (document.is_object() && document.contains("manifests")) {
    if (depth == kMaxNesting) return faulty(name, "it is an index in too many others");
    TRY(const auto platforms, descriptors(document, name));
    TRY(const Descriptor chosen, choose_platform(platforms));
    return read_manifest(members, chosen, depth + 1);
  }
  return reading(name + " of " + members.where(), [&]() -> Result<FoundImage> {
    const auto config = parse_digest(document.at("config").at("digest").get<std::string>());
    if (!config) return faulty(name, "its configuration's digest is not sha256");
    TRY(FoundImage found, read_config(members, blob_name(*config), config));
    for (const Json& layer : document.at("layers")) {
      const auto digest = parse_digest(layer.at("digest").get<std::string>());
      if (!digest) return faulty(name, "a layer's digest is not sha256");
      auto blob = members.find(blob_name(*digest));
      // A layer that the store has need not be in the layout: who imports it asks for the blob only then.
      found.blobs.push_back(blob ? *std::move(blob) : Blob{join_path(members.where(), blob_name(*digest)), 0, 0, {}});
      found.blobs.back().digest = digest;
    }
    if (found.blobs.size() != found.image.layers.size()) {
      return faulty(name, "it has " + std::to_string(found.blobs.size()) + " layers, its configuration " +
                              std::to_string(found.image.layers.size()));
    }
    return found;
  });
}

std::string name_of(const std::string& reference, const std::string& called) {
  const bool only_a_tag = reference.find_first_of(":/") == std::string::npos;
  if (only_a_tag && called.empty()) return "";
  return normalize_reference(only_a_tag ? called + ":" + reference : reference).value_or("");
}

}  // namespace

Result<Manifest> read_manifest(const std::string& text, const std::string& what) {
  return reading(what, [&]() -> Result<Manifest> {
    const Json document = Json::parse(text);
    Manifest manifest;
    if (document.contains("manifests")) {
      TRY(const auto platforms, descriptors(document, what));
      TRY(const Descriptor chosen, choose_platform(platforms));
      manifest.chosen = chosen.digest;
      return manifest;
    }
    for (const Json& layer : document.at("layers")) {
      const auto digest = parse_digest(layer.at("digest").get<std::string>());
      if (!digest) return faulty(what, "a layer's digest is not sha256");
      manifest.layers.push_back({*digest, count(layer.at("size"))});
    }
    return manifest;
  });
}

std::string machine_architecture() {
  static const std::string architecture = [] {
    utsname machine{};
    uname(&machine);
    const std::string name = machine.machine;
    static const std::map<std::string, std::string> names = {{"x86_64", "amd64"}, {"aarch64", "arm64"},
                                                             {"armv7l", "arm"},   {"armv6l", "arm"},
                                                             {"i686", "386"},     {"i386", "386"}};
    const auto known = names.find(name);
    return known == names.end() ? name : known->second;
  }();
  return architecture;
}

Result<std::vector<FoundImage>> read_oci_layout(const Members& members, const std::string& wanted,
                                                const std::string& called) {
  TRY(const Json index, read_document(members, "index.json"));
  TRY(const auto all, descriptors(index, "index.json of " + members.where()));
  // Entries without a name are one image for several platforms; each name is an image, or several platforms of one.
  std::vector<std::pair<std::string, std::vector<Descriptor>>> images;
  std::map<std::string, std::size_t> places;
  for (const Descriptor& one : all) {
    if (!wanted.empty() && one.name != wanted &&
        name_of(one.name, called) != normalize_reference(wanted).value_or(wanted))
      continue;
    const auto [place, first] = places.try_emplace(one.name, images.size());
    if (!first && (!one.name.empty() || !one.platform.empty())) {
      images[place->second].second.push_back(one);
    } else {
      images.push_back({one.name, {one}});
    }
  }
  if (images.empty()) {
    std::vector<std::string> names;
    for (const Descriptor& one : all) names.push_back(one.name.empty() ? "one without a name" : one.name);
    return fail(ErrorKind::NotFound, members.where() + " holds no image" +
                                         (wanted.empty() ? "" : " " + in_quotes(wanted)) +
                                         (names.empty() ? "" : ", but " + join(names, ", ")));
  }
  std::vector<FoundImage> result;
  for (const auto& [name, platforms] : images) {
    TRY(const Descriptor chosen, choose_platform(platforms));
    TRY(FoundImage found, read_manifest(members, chosen));
    if (std::string full = name_of(name, called); !full.empty()) found.names.push_back(std::move(full));
    result.push_back(std::move(found));
  }
  return result;
}

Result<std::vector<FoundImage>> read_docker_archive(const Members& members, const std::string& wanted) {
  TRY(const Json manifest, read_document(members, "manifest.json"));
  return reading("manifest.json of " + members.where(), [&]() -> Result<std::vector<FoundImage>> {
    std::vector<FoundImage> result;
    std::vector<std::string> others;
    std::size_t number = 0;
    for (const Json& item : manifest) {
      std::vector<std::string> names;
      for (const std::string& tag : strings(item, "RepoTags")) {
        if (auto name = normalize_reference(tag)) names.push_back(*std::move(name));
      }
      const std::string place = "@" + std::to_string(number++);
      const std::string full = normalize_reference(wanted).value_or("");
      const bool named = std::find(names.begin(), names.end(), full) != names.end();
      if (!wanted.empty() && wanted != place && !named) {
        others.push_back(names.empty() ? place : join(names, ", "));
        continue;
      }
      TRY(FoundImage found, read_config(members, item.at("Config").get<std::string>(), {}));
      found.names = named ? std::vector{full} : std::move(names);
      for (const std::string& layer : strings(item, "Layers")) {
        TRY(Blob blob, members.find(layer));
        found.blobs.push_back(std::move(blob));
      }
      if (found.blobs.size() != found.image.layers.size()) {
        return faulty("manifest.json of " + members.where(),
                      "an image's layers are not as many as its configuration says");
      }
      result.push_back(std::move(found));
    }
    if (result.empty()) {
      return fail(ErrorKind::NotFound, members.where() + " holds no image" +
                                           (wanted.empty() ? "" : " " + in_quotes(wanted)) +
                                           (others.empty() ? "" : ", but " + join(others, ", ")));
    }
    return result;
  });
}

}  // namespace boxcar
