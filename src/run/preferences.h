// What holds where a call says nothing.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/result.h"
#include "spec/config.h"

namespace boxcar {

// $XDG_CONFIG_HOME/boxcar/config.yml; where there is none it says nothing. Invalid, and what is wrong is in the
// findings.
Result<Config> user_config(Findings& findings);
// As EnginePlace::choose() takes it: `said`, else $BOXCAR_ENGINE, else the configuration's, else "auto". Invalid when
// one of the first two names no engine.
Result<std::string> engine_name(const std::string& said, const Config& config);
Result<std::string> engine_name(
    const std::string& said);  // with the user's configuration; the first thing wrong with it

}  // namespace boxcar
