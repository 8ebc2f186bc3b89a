// The user's configuration, $XDG_CONFIG_HOME/boxcar/config.yml: what holds where a call says nothing.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "spec/reader.h"

namespace boxcar {

inline constexpr std::string_view kEngineNames[] = {"auto", "embedded", "docker", "podman"};
inline constexpr std::string_view kPullWords[] = {"missing", "always", "never"};

struct Config {
  std::string engine;  // one of kEngineNames, or ""
  std::string pull;    // one of kPullWords, or ""
  std::optional<unsigned> jobs;
  std::optional<Seconds> grace;
};

// None when something is wrong, which is in the findings. An empty document says nothing.
std::optional<Config> read_config(const Document& document, Findings& findings);

}  // namespace boxcar
