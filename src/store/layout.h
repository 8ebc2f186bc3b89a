// Where things lie below a store. docs/store.md has the whole picture.
#pragma once

#include <string>
#include <string_view>

#include "plan/action.h"

namespace boxcar {

inline constexpr const char* kManifestFile = "manifest.json";      // in a result's directory
inline constexpr const char* kParametersFile = "parameters.json";  // in a result's directory
inline constexpr const char* kLogFile = "log.jsonl";               // in a result's, and in each attempt's
inline constexpr const char* kEntriesFile = ".entries";            // in a result's directory, where there are many

// Of a result, relative to the store: "<image identity, 12 hex>/<key, 12 hex>".
inline std::string result_folder(const Digest& image, const Key& key) {
  return image.short_hex() + '/' + key.short_hex();
}

inline std::string result_directory(const std::string& store, const Digest& image, const Key& key) {
  return store + '/' + result_folder(image, key);
}

// Of a port, in a result's directory. Channels may be called as the result's own files are, or be hidden: their first
// byte is written as URLs write it, and so is a '%', so that no two ports have one folder.
std::string port_folder(std::string_view port);

// Of one attempt, for its log; it stays, also after a failure.
inline std::string attempt_directory(const std::string& store, const std::string& run, const std::string& step,
                                     int attempt) {
  return store + "/runs/" + run + '/' + step + '.' + std::to_string(attempt);
}

}  // namespace boxcar
