// Whether containers really run here: a container of nothing but boxcar's own helper, which does next to nothing.
#pragma once

#include <string>
#include <vector>

#include "engine/embedded.h"
#include "engine/engine.h"

namespace boxcar {

struct Trial {
  std::string runtime;         // "crun 1.8.1"
  std::string without_limits;  // Engine::without_limits()
  Result<void> ran;            // why it did not, else
};

// What such a container is made of, for who has an engine. `directory`: of the job.
Result<std::vector<std::string>> trial_layers(const std::string& directory);
Job trial_job(JobId id, const std::string& run, const std::string& directory, const std::string& shared);

// `directory`: an empty one, on the file system on which attempts would run. After prepare_embedded(). An error: there
// is no engine to try.
Result<Trial> try_container(const EmbeddedOptions& options, const std::string& directory);

}  // namespace boxcar
