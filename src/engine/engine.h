// An engine: where containers run. It gets an action and a workspace and knows no format.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "plan/action.h"
#include "plan/outcome.h"
#include "store/workspace.h"

namespace boxcar {

using JobId = std::uint64_t;  // the runner's number for an attempt, unique within the process

struct Job {
  JobId id = 0;
  std::shared_ptr<const Action> action;
  Key key;
  AttemptName name;
  std::string directory;      // scratch below the workspace that the engine may fill and that is removed with it
  std::vector<Mount> mounts;
};

enum class Stream : std::uint8_t { Out, Err };

// Called on the engine's one event thread; must not wait long.
class EngineSink {
 public:
  virtual ~EngineSink() = default;
  virtual void started(JobId id) = 0;
  virtual void output(JobId id, Stream stream, std::string_view bytes) = 0;
  // Exactly once for every job that start() took, last. The container is gone then: its processes, mounts and cgroups too.
  virtual void ended(JobId id, const Ending& ending) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;  // kills what still runs
  // On a pool thread. An error: the container did not start, and no event will come.
  virtual Result<void> start(Job job) = 0;
  // From any thread; returns at once. SIGTERM, and SIGKILL after `grace` (0: at once). ended() follows, with `stopped`.
  virtual void stop(JobId id, Seconds grace) = 0;
  virtual std::string name() const = 0;  // "embedded (crun 1.8.1)"
};

}  // namespace boxcar
