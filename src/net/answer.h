// JSON to and from daemons. What they answer is read without trust: what is missing, of another type or nested beyond
// reason is as good as empty.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "net/http.h"

namespace boxcar {

// Copying and writing a document go as deep on the stack as it is nested; what daemons say is nested ten deep.
inline constexpr int kDeepestJson = 100;

// Discarded where the text is none.
inline nlohmann::json json_document(const std::string& text) {
  using Json = nlohmann::json;
  const auto reachable = [](int depth, Json::parse_event_t, const Json&) { return depth < kDeepestJson; };
  return Json::parse(text, reachable, false);
}

// An object, an empty one where the text is none.
inline nlohmann::json json_object(const std::string& text) {
  auto document = json_document(text);
  if (!document.is_object()) return nlohmann::json::object();
  return document;
}

// What is sent. Denied: it has text that is not UTF-8, which JSON cannot say.
inline Result<std::string> json_text(const nlohmann::json& document) {
  try {
    return document.dump();
  } catch (const nlohmann::json::exception&) {
    return fail(ErrorKind::Denied, "a daemon cannot be given arguments, variables or paths that are not UTF-8");
  }
}

inline std::string text_in(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

inline std::int64_t number_in(const nlohmann::json& object, const char* key, std::int64_t otherwise = 0) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : otherwise;
}

inline bool flag_in(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

// An array or object below the key; null where there is none.
inline nlohmann::json part_of(const nlohmann::json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? nlohmann::json() : *found;
}

}  // namespace boxcar
