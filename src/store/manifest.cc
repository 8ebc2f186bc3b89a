#include "store/manifest.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/json_number.h"
#include "base/version.h"

namespace boxcar {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "boxcar-result-1";

// What is read may be anything: the library throws, and this is where it ends.
template <class F>
auto reading(std::string_view text, F read) -> Result<decltype(read(Json{}))> {
  try {
    const Json json = Json::parse(text);
    if (json.at("format") != kFormat) return fail(ErrorKind::Invalid, "it is of another version");
    return read(json);
  } catch (const Json::exception& e) {
    return fail(ErrorKind::Invalid, std::string("malformed: ") + e.what());
  }
}

Digest digest_of(const Json& json) {
  const auto digest = Digest::parse(json.get<std::string>());
  if (!digest) throw Json::other_error::create(501, "a digest has 64 hex digits", &json);
  return *digest;
}

PortKind kind_of(const Json& json) {
  for (const PortKind kind : {PortKind::Directory, PortKind::File, PortKind::Stream}) {
    if (json == name_of(kind)) return kind;
  }
  throw Json::other_error::create(501, "unknown kind of port", &json);
}

}  // namespace

std::string manifest_json(const Action& action, const Record& record, const std::vector<PortSize>& sizes,
                          const Ending& ending) {
  const StoredResult& result = record.result;
  Json json;
  json["format"] = kFormat;
  json["boxcar"] = version();
  json["key"] = result.key.hex();
  json["step"] = action.step;
  json["image"] = {
      {"identity", result.image.hex()}, {"name", action.image->reference}, {"platform", action.image->platform()}};
  json["finished"] = iso_time(result.finished);
  json["finished_us"] = result.finished;
  json["seconds"] = result.seconds;
  json["peak_memory"] = result.peak_memory;
  json["exit_code"] = ending.exit_code;
  Json& ports = json["ports"] = Json::object();
  for (std::size_t i = 0; i < result.ports.size(); ++i) {
    const PortResult& port = result.ports[i];
    Json& entry = ports[port.port];
    entry["kind"] = name_of(port.kind);
    entry["present"] = port.present;
    if (!port.present) continue;
    entry["digest"] = port.content.hex();
    entry["path"] = record.port_path(i);
    entry["bytes"] = sizes[i].bytes;
    entry["files"] = sizes[i].files;
  }
  Json& fields = json["key_fields"] = Json::array();
  for (const auto& field : key_fields(action)) fields.push_back({field.name, field.value});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Result<Record> read_manifest(std::string_view text) {
  return reading(text, [](const Json& json) {
    Record record;
    record.result.key = digest_of(json.at("key"));
    record.result.image = digest_of(json.at("image").at("identity"));
    record.result.seconds = json.at("seconds");
    record.result.peak_memory = count(json.at("peak_memory"));
    record.result.finished = whole(json.at("finished_us"));
    for (const auto& [name, port] : json.at("ports").items()) {
      PortResult result{name, kind_of(port.at("kind")), {}, port.at("present")};
      std::string file;
      if (result.present) {
        result.content = digest_of(port.at("digest"));
        const std::string path = port.at("path");
        if (result.kind == PortKind::File) file = path.substr(path.rfind('/') + 1);
        record.bytes += count(port.at("bytes"));
        record.files += count(port.at("files"));
      }
      record.result.ports.push_back(std::move(result));
      record.file_names.push_back(std::move(file));
    }
    return record;
  });
}

Result<std::vector<KeyField>> read_manifest_fields(std::string_view text) {
  return reading(text, [](const Json& json) {
    std::vector<KeyField> fields;
    for (const auto& field : json.at("key_fields")) fields.push_back({field.at(0), field.at(1)});
    return fields;
  });
}

}  // namespace boxcar
