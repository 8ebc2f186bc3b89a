#include "base/user_directories.h"

#include "base/environment.h"
#include "base/fd.h"

namespace boxcar {

namespace {

std::string directory(const char* variable, const char* below_home) {
  const std::string value = environment(variable);
  return join_path(value.starts_with('/') ? value : join_path(home_directory(), below_home), "boxcar");
}

}  // namespace

std::string user_data_directory() {
  return directory("XDG_DATA_HOME", ".local/share");
}

std::string user_state_directory() {
  return directory("XDG_STATE_HOME", ".local/state");
}

std::string user_config_directory() {
  return directory("XDG_CONFIG_HOME", ".config");
}

std::string user_cache_directory() {
  return directory("XDG_CACHE_HOME", ".cache");
}

}  // namespace boxcar
