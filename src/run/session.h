// A session: one run of a workflow, from the model to the record. session.cc is the recipe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "image/image_store.h"
#include "plan/planner.h"
#include "record/run_store.h"
#include "run/engine_place.h"
#include "run/scheduler.h"

namespace boxcar {

// Called once: the workflow, or none, with what is wrong in the findings. With both it is only checked.
using WorkflowSource = std::function<std::optional<Workflow>(Findings&)>;

struct RunRequest {
  WorkflowSource workflow;
  bool large = false;                  // a thousand steps or more: it pays to look at the store before anyone asks
  Settings settings;                   // --set
  std::string store;                   // absolute
  std::string engine = "auto";         // as EnginePlace::choose() takes it
  std::shared_ptr<EnginePlace> place;  // a daemon's that was chosen already; null: `engine` counts
  std::string run;                     // the run's id; "": a new one
  std::string command;                 // the command line, for `boxcar runs`
  std::vector<std::string> targets;    // steps; empty: all
  std::vector<std::string> rerun;      // steps to run even where their result is known
  unsigned jobs = 0;                   // 0: as many as there are cores
  Resources machine;                   // what containers share, instead of what there is, field by field
  PullPolicy pull = PullPolicy::Missing;
  Seconds grace{10};
  bool keep_going = false;
  bool keep_failed = false;
  bool dry_run = false;
  bool explain = false;
  bool recorded = true;  // for `boxcar runs` and its kin
};

// What a command ends with.
enum ExitCode : int {
  kDone = 0,
  kStepFailed = 1,
  kWrong = 2,    // the document or the call
  kTrouble = 3,  // an engine, a registry or a disk could not be used
  kInterrupted = 130
};
ExitCode exit_code_of(const Error& error);

struct RunReport {
  std::string run;
  RunStatus status = RunStatus::Failed;
  double seconds = 0;
  Plan plan;
  std::vector<StepState> steps;  // by step of the plan
  std::vector<bool> wanted;      // by step; empty: all
  // Of steps that ran or would run, and whose memory grows with what they read or grew after they had run out of it.
  std::unordered_map<StepIndex, ScaledNeeds> scaled;
  Findings findings;                  // not ok(): the workflow is wrong, nothing was started
  std::optional<Error> trouble;       // an engine, a registry or a disk could not be used
  std::vector<OutputRecord> outputs;  // by output of the plan: where it lies now
  // Outputs that could not be handed over, each with its place and why; then the run failed.
  std::vector<std::string> lost;
  std::string store;   // absolute
  std::string engine;  // "" when nothing had to run

  // Where a step's result lies, absolute; "" where there is none.
  std::string result_of(StepIndex step) const;
  ExitCode exit_code() const;
};

// Blocks until the run is over. Call it on a process's main thread, before other threads are started but those of
// `place`; not twice at once. The observer is called on this thread.
RunReport run_workflow(RunRequest request, Observer& observer);

}  // namespace boxcar
