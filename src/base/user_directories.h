// Where boxcar keeps what belongs to its caller, as the XDG Base Directory Specification has it: a relative path in a
// variable does not count. Absolute; nothing is made there.
#pragma once

#include <string>

namespace boxcar {

std::string user_data_directory();    // $XDG_DATA_HOME/boxcar, else ~/.local/share/boxcar: images
std::string user_state_directory();   // $XDG_STATE_HOME/boxcar, else ~/.local/state/boxcar: the record
std::string user_config_directory();  // $XDG_CONFIG_HOME/boxcar, else ~/.config/boxcar: config.yml
std::string user_cache_directory();  // $XDG_CACHE_HOME/boxcar, else ~/.cache/boxcar: what was found out of this machine

}  // namespace boxcar
