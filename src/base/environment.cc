#include "base/environment.h"

#include <unistd.h>

#include <cstdlib>

namespace boxcar {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::vector<std::string> all_variables() {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  return all;
}

std::chrono::seconds environment_seconds(const char* name, std::chrono::seconds otherwise) {
  const long seconds = std::strtol(environment(name).c_str(), nullptr, 10);
  return seconds > 0 ? std::chrono::seconds(seconds) : otherwise;
}

}  // namespace boxcar
