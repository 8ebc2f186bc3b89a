// Who watches a run: the terminal, plain lines, --json, the C++ API. Called on the runner's loop thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/engine.h"
#include "plan/outcome.h"
#include "plan/plan.h"

namespace boxcar {

struct StepState {
  StepStatus status = StepStatus::Waiting;
  int attempts = 0;
  Key key;             // zero until known
  double seconds = 0;  // of the last attempt, or of the one that left the cached result
  std::uint64_t peak_memory = 0;
  Needs needs;  // of the last attempt, with what its scale rules measured
  std::optional<int> exit_code;
  Failure failure = Failure::None;
  std::string message;  // why it failed or was skipped; for cached and succeeded empty
};

class Observer {
 public:
  virtual ~Observer() = default;
  // `wanted`: by step; empty: all of them are.
  virtual void run_started(const Plan&, const std::vector<bool>& /*wanted*/, const std::string& /*run*/) {}
  virtual void note(const std::string& /*text*/) {}  // pulling an image, waiting for another boxcar, …
  virtual void step_changed(StepIndex, const StepState&) {}
  virtual void container_started(StepIndex) {}  // after Running
  virtual void step_output(StepIndex, Stream, std::string_view /*line, without its end*/) {}
  virtual void tick() {}  // about ten times a second, while something runs
  virtual void run_finished(RunStatus, double /*seconds*/) {}
};

}  // namespace boxcar
