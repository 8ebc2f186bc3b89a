// What the pool's, the engine's and the signal thread tell the runner's loop.
#pragma once

#include <string>
#include <variant>

#include "base/queue.h"
#include "engine/engine.h"
#include "plan/make_action.h"
#include "plan/outcome.h"
#include "run/scaling.h"

namespace boxcar {

struct ContentReady {  // a path of the host, or within a result, was digested
  std::uint32_t slot = 0;
  Result<Content> content;
};

struct NeedsMeasured {  // the scale rules of a step that is to run
  StepIndex step = 0;
  Result<ScaledNeeds> needs;
};

struct Started {
  JobId job = 0;
};

struct Lines {  // of a container's output, for people; the log has all of it
  JobId job = 0;
  Stream stream = Stream::Out;
  std::string text;  // one or more lines, each with its "\n"
};

struct Ended {  // the container is gone, or could not be started
  JobId job = 0;
  Result<Ending> ending;
};

struct Committed {
  JobId job = 0;
  Result<StoredResult> result;
};

struct Notes {  // lines for people: Engine::notes(), when the engine is first needed; what an attempt found
  std::vector<std::string> notes;
};

struct Interrupted {};  // Ctrl-C, or `boxcar stop`

using Event = std::variant<ContentReady, NeedsMeasured, Started, Lines, Ended, Committed, Notes, Interrupted>;
using EventQueue = Queue<Event>;

// Runs what blocks: Pool::submit, or in the scheduler's benchmark the loop's own thread.
using Submit = std::function<void(std::function<void()>)>;

}  // namespace boxcar
