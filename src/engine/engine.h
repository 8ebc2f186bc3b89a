// An engine: where containers run. It gets an action and a workspace and knows no format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/secrets.h"
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
  std::string directory;  // Workspace::scratch: the engine makes it
  std::string shared;     // Workspace::shared
  std::vector<Mount> mounts;
  bool left_behind = false;  // the container is there: Engine::left_behind()
  Secrets secrets;           // variables of the container beside the action's, in place of one of the same name
};

enum class Stream : std::uint8_t { Out, Err };

// Called on the engine's one event thread; must not wait long.
class EngineSink {
 public:
  virtual ~EngineSink() = default;
  virtual void started(JobId id) = 0;
  virtual void output(JobId id, Stream stream, std::string_view bytes) = 0;
  // Exactly once for every job that start() took, last. The container is gone then: its processes, mounts and cgroups
  // too.
  virtual void ended(JobId id, const Ending& ending) = 0;
  virtual void note(const std::string& /*text*/) {}  // what people should know while they wait
};

class Engine {
 public:
  virtual ~Engine() = default;  // kills what still runs
  // On a pool thread; several at once. An error: the container did not start, and no event will come. NotFound and
  // Invalid: it never will (no such program in the image, an unknown user); the message is a sentence for people.
  virtual Result<void> start(Job job) = 0;
  // The attempt of a dead runner whose container still runs, or ended well, with this key: a job that says so takes it
  // up instead of starting another. On a pool thread.
  virtual std::optional<AttemptName> left_behind(const Key& /*key*/) { return std::nullopt; }
  // From any thread; returns at once. SIGTERM, and SIGKILL after `grace` (0: at once). ended() follows, with `stopped`.
  // A stop that comes before start() has returned, or before it was called, holds too: the job ends without having
  // started.
  virtual void stop(JobId id, Seconds grace) = 0;
  virtual std::string name() const = 0;  // "embedded (crun 1.8.1)"
  // What people should know before they rely on it, a sentence each.
  virtual std::vector<std::string> notes() const { return {}; }
  // Which limits a step asks for in vain, and why: "the CPU cannot be limited: …". Empty: they hold.
  virtual std::string without_limits() const { return ""; }
};

}  // namespace boxcar
