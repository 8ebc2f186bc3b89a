#include "engine/secrets.h"

#include <string.h>

#include <algorithm>

namespace boxcar {

void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.capacity());
  text.clear();
}

void Secrets::clear() {
  for (auto& secret : list_) wipe(secret.value);
  list_.clear();
}

bool Secrets::names(std::string_view variable) const {
  const auto name = variable.substr(0, variable.find('='));
  return std::any_of(list_.begin(), list_.end(), [&](const Secret& secret) { return secret.name == name; });
}

}  // namespace boxcar
