#include "image/catalog.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/fd.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kSuffix = ".json";  // of what is whole
constexpr std::array kFolders = {"images", "names", "sources", "configs"};

std::string folder(Catalog::Kind kind) {
  return kind == Catalog::Kind::Name ? "names" : "sources";
}

std::string write_record(const ImageRecord& record) {
  const Image& image = record.image;
  Json layers = Json::array();
  for (const Digest& layer : image.layers) layers.push_back("sha256:" + layer.hex());
  const Json document = {{"name", record.name},
                         {"stamp", record.stamp},
                         {"imported", record.imported},
                         {"identity", image.identity.hex()},
                         {"os", image.os},
                         {"architecture", image.architecture},
                         {"variant", image.variant},
                         {"layers", layers},
                         {"config", image.config.is_zero() ? "" : image.config.hex()},
                         {"env", image.env},
                         {"user", image.user},
                         {"working_dir", image.working_dir},
                         {"entrypoint", image.entrypoint},
                         {"cmd", image.cmd},
                         {"labels", image.labels}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<ImageRecord> read_record(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return {};
  try {
    const Json document = Json::parse(*text);
    ImageRecord record;
    document.at("name").get_to(record.name);
    document.at("stamp").get_to(record.stamp);
    document.at("imported").get_to(record.imported);
    Image& image = record.image;
    document.at("os").get_to(image.os);
    document.at("architecture").get_to(image.architecture);
    document.at("variant").get_to(image.variant);
    document.at("env").get_to(image.env);
    document.at("user").get_to(image.user);
    document.at("working_dir").get_to(image.working_dir);
    document.at("entrypoint").get_to(image.entrypoint);
    document.at("cmd").get_to(image.cmd);
    document.at("labels").get_to(image.labels);
    for (const std::string& layer : document.at("layers").get<std::vector<std::string>>()) {
      const auto digest = Digest::parse(layer.substr(layer.find(':') + 1));
      if (!digest) return {};
      image.layers.push_back(*digest);
    }
    // Earlier records have none.
    image.config = Digest::parse(document.value("config", "")).value_or(Digest{});
    image.identity = image_identity(image);
    if (document.at("identity") != image.identity.hex()) return {};
    return record;
  } catch (const Json::exception&) {
    return {};
  }
}

Result<std::vector<std::string>> list_names(const std::string& directory) {
  std::vector<std::string> names;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) {
    if (errno == ENOENT) return names;
    return fail_errno("listing " + directory);
  }
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(stream);
  return names;
}

Result<std::vector<ImageRecord>> read_all_records(const std::string& directory) {
  std::vector<ImageRecord> records;
  TRY(const auto names, list_names(directory));
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    if (auto record = read_record(directory + "/" + name)) records.push_back(*std::move(record));
  }
  std::sort(records.begin(), records.end(), [](const ImageRecord& a, const ImageRecord& b) {
    return std::tie(a.name, a.image.identity) < std::tie(b.name, b.image.identity);
  });
  return records;
}

Result<void> remove_file(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("removing " + path);
  return {};
}

}  // namespace

Result<void> Catalog::prepare() {
  for (const char* name : kFolders) CHECK_OK(make_directories(directory_ + "/" + name, 0700));
  return {};
}

Result<void> Catalog::remove_leftovers() {
  for (const char* name : kFolders) {
    const std::string folder = directory_ + "/" + name;
    TRY(const auto files, list_names(folder));
    for (const std::string& file : files) {
      if (!file.ends_with(kSuffix)) CHECK_OK(remove_file(folder + "/" + file));
    }
  }
  return {};
}

std::string Catalog::path(Kind kind, const std::string& name) const {
  return directory_ + "/" + folder(kind) + "/" + sha256(name).hex().substr(0, 32) + ".json";
}

std::string Catalog::path(const Digest& identity) const {
  return directory_ + "/images/" + identity.hex() + ".json";
}

std::optional<ImageRecord> Catalog::find(Kind kind, const std::string& name) const {
  auto record = read_record(path(kind, name));
  return record && record->name == name ? record : std::nullopt;
}

Result<void> Catalog::put(Kind kind, const ImageRecord& record) {
  return replace_file(path(kind, record.name), write_record(record), 0600);
}

Result<void> Catalog::put_identity(const ImageRecord& record) {
  ImageRecord own = record;
  own.name.clear();
  own.stamp.clear();
  return replace_file(path(own.image.identity), write_record(own), 0600);
}

Result<void> Catalog::drop(Kind kind, const std::string& name) {
  return remove_file(path(kind, name));
}

Result<void> Catalog::drop_identity(const Digest& identity) {
  return remove_file(path(identity));
}

std::string Catalog::config_path(const Digest& digest) const {
  return directory_ + "/configs/" + digest.hex() + ".json";
}

Result<void> Catalog::put_config(const Digest& digest, const std::string& text) {
  if (config(digest)) return {};
  return replace_file(config_path(digest), text, 0600);
}

Result<std::string> Catalog::config(const Digest& digest) const {
  TRY(std::string text, read_file(config_path(digest)));
  if (sha256(text) != digest) return fail(ErrorKind::Invalid, config_path(digest) + " is damaged");
  return text;
}

Result<void> Catalog::keep_only_configs(const std::set<Digest>& needed) {
  TRY(const auto names, list_names(directory_ + "/configs"));
  for (const std::string& name : names) {
    const auto digest = Digest::parse(name.substr(0, name.find('.')));
    if (!digest || !needed.contains(*digest)) CHECK_OK(remove_file(directory_ + "/configs/" + name));
  }
  return {};
}

Result<std::vector<ImageRecord>> Catalog::all(Kind kind) const {
  return read_all_records(directory_ + "/" + folder(kind));
}

Result<std::vector<ImageRecord>> Catalog::identities() const {
  return read_all_records(directory_ + "/images");
}

}  // namespace boxcar
