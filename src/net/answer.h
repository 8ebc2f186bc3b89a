// What daemons answer in JSON, read without trust: what is missing or of another type is as good as empty.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "net/http.h"

namespace boxcar {

// An object, an empty one where the text is none.
inline nlohmann::json json_object(const std::string& text) {
  auto document = nlohmann::json::parse(text, nullptr, false);
  return document.is_object() ? document : nlohmann::json::object();
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
