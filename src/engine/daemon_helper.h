// The tiny image that boxcar brings along for daemons, boxcar.local/helper: one static program (helper/helper.c). It
// does what only root inside a container can: give the caller what a container left. Steps with secrets get the program
// put into their own containers (daemon_container.h).
#pragma once

#include <string>
#include <vector>

#include "engine/daemon_host.h"

namespace boxcar {

// Its id in the daemon, which gets it where it lacks it. Asked once a daemon engine.
Result<std::string> helper_image(Daemon& daemon);

// Whether the daemon really runs containers: one of nothing but the helper, which does next to nothing. `labels`, and
// what its HostConfig has beside the rest: objects of JSON.
Result<void> try_helper(Daemon& daemon, const std::string& labels = "{}", const std::string& config = "{}");

// Whether something at or below `directory` is another's, or closed to its owner.
bool has_foreign_files(const std::string& directory);

// Gives what lies below the directories to the caller, by a container that is gone afterwards.
Result<void> own_directories(const DaemonHost& host, const std::string& helper,
                             const std::vector<std::string>& directories);

}  // namespace boxcar
