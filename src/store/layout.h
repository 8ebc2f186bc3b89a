// Where things lie below a store. docs/store.md has the whole picture.
#pragma once

#include <string>

#include "plan/action.h"

namespace boxcar {

inline std::string result_directory(const std::string& store, const Digest& image, const Key& key) {
  return store + "/" + image.short_hex() + "/" + key.short_hex();
}

// Of one attempt: log.jsonl stays there, also after a failure.
inline std::string attempt_directory(const std::string& store, const std::string& run, const std::string& step,
                                     int attempt) {
  return store + "/runs/" + run + "/" + step + "." + std::to_string(attempt);
}

}  // namespace boxcar
