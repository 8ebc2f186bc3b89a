// The scheduler: one loop on one thread owns the plan's progress. It decides what runs next, asks the results whether
// it is known already, and hands what isn't to the attempts.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "run/admission.h"
#include "run/attempts.h"
#include "run/observer.h"

namespace boxcar {

struct ScheduleOptions {
  std::string run;           // its id
  unsigned jobs = 1;         // containers at once
  Resources machine;         // what containers share; a field that is not there has no end
  bool keep_going = false;   // after a failure, go on with what does not depend on it
  bool dry_run = false;      // start nothing; tell of each step what would become of it
  bool keep_failed = false;  // keep the workspaces of failed attempts
  Seconds grace{10};         // between SIGTERM and SIGKILL
  std::vector<bool> wanted;  // by step; empty: all
  std::vector<bool> rerun;   // by step: run it even where its result is known; empty: none
  // Why a step's result is not known, in words for --explain and --dry-run; called on the loop. Empty: nobody asked.
  std::function<std::string(StepIndex, const Action&)> explain;
};

struct SchedulerParts {
  const Plan& plan;
  Results& results;
  Attempts& attempts;
  EventQueue& events;
  Submit submit;
  std::function<Result<Content>(const std::string& path)> digest;  // of a host path; called on the pool
  std::function<void()> cancel;                                    // what is being hashed is given up
  Observer& observer;
  std::function<bool()> cancelled = {};  // whether `cancel` was called; from any thread. Empty: never
};

// Before another try, when there were so many.
std::chrono::milliseconds pause_after(int attempts);

class Scheduler {
 public:
  Scheduler(SchedulerParts parts, ScheduleOptions options);

  RunStatus run();

  std::vector<StepState> take_states() { return std::move(states_); }  // once, after run()
  const StoredResult* result(StepIndex step) const;                    // null where there is none
  Sources sources(StepIndex step) const;                               // of its ports, as far as results are there
  // Of the steps whose scale rules were measured, or whose limit grew. Once, after run().
  std::unordered_map<StepIndex, ScaledNeeds> take_scaled() { return std::move(scaled_); }
  // The first error that was none of a step's own making: an engine, a registry or a disk could not be used.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  struct Slot {  // of a path that steps read
    std::string path;
    std::optional<Result<Content>> content;
    std::vector<StepIndex> waiting;
  };
  struct Running {
    StepIndex step = 0;
    Demand demand;
    std::unique_ptr<KeyLock> lock;
    bool in_container = true;  // false: committing
  };
  using Clock = std::chrono::steady_clock;

  bool wanted(StepIndex step) const { return options_.wanted.empty() || options_.wanted[step]; }
  // Who waits for a step. In a dry run only who reads it: `after` alone keeps no result from being known.
  std::span<const StepIndex> waiting_for(StepIndex step) const {
    return options_.dry_run ? readers_[step] : parts_.plan.successors(step);
  }
  bool active() const {
    return !running_.empty() || !blocked_.empty() || !delayed_.empty() || digesting_ != 0 || measuring_ != 0;
  }

  std::uint32_t slot_of(const std::string& path);
  Result<std::string> subpath(const PlannedInput& input) const;
  Result<Content> content_of(const PlannedStep& step, const PlannedInput& input);
  Result<Action> action_of(StepIndex step);

  void prefetch();
  void advance();
  void settle_ready();
  void inputs_ready(StepIndex step);
  void consider(StepIndex step);
  std::optional<StoredResult> known(StepIndex step, const Action& action, const Key& key);
  void would_run(StepIndex step, const Action& action);
  void enqueue(StepIndex step);
  Needs needs(StepIndex step) const;
  Demand demand(StepIndex step) const { return Demand::of(needs(step), options_.machine); }
  void launch_what_fits();
  bool launch(StepIndex step, const Demand& demand);
  void retry_blocked();

  void handle(ContentReady& event);
  void handle(NeedsMeasured& event);
  void handle(Started& event);
  void handle(Lines& event);
  void handle(Ended& event);
  void handle(Committed& event);
  void handle(Notes& event);
  void handle(Interrupted& event);

  void discard(StepIndex step, JobId job);
  void change(StepIndex step, StepStatus status, std::string message = {}, Failure failure = Failure::None);
  void finish(StepIndex step, StepStatus status, StoredResult result);
  void fail_step(StepIndex step, Failure failure, std::string message);
  void fail_step(StepIndex step, const Error& error) { fail_step(step, failure_of(error.kind), error.text()); }
  void refuse(StepIndex step, const Error& error);
  void infrastructure(StepIndex step, const Error& error);
  void ran_badly(StepIndex step, const Ending& ending);
  bool retry(StepIndex step, bool unavailable, const std::string& why, const std::string& how = {});
  // Nothing is started any more. A dry run tells of every step.
  bool ending() const { return interrupts_ > 0 || (failed_ && !options_.keep_going && !options_.dry_run); }
  void skip_after(StepIndex step);

  const SchedulerParts parts_;
  const ScheduleOptions options_;

  Adjacency readers_;  // of a dry run

  std::vector<StepState> states_;
  std::vector<std::uint32_t> waiting_;                            // by step: predecessors and contents that are missing
  std::vector<std::optional<StoredResult>> results_;              // by step
  std::deque<StepIndex> ready_;                                   // all inputs are results; not looked at yet
  Admission runnable_;                                            // must run; wait for a place
  std::vector<std::pair<Clock::time_point, StepIndex>> delayed_;  // wait before another try
  std::vector<StepIndex> blocked_;                                // another runner computes the same
  std::unordered_set<StepIndex> told_blocked_;                    // people know of these
  std::unordered_map<Key, std::vector<StepIndex>>
      computing_;  // keys in the making here, and the steps that wait for them
  std::unordered_map<JobId, Running> running_;
  std::vector<Slot> slots_;
  std::unordered_map<std::string, std::uint32_t> slot_by_path_;
  std::unordered_map<StepIndex, ScaledNeeds> scaled_;  // of those that differ from what the plan says
  std::size_t digesting_ = 0;
  std::size_t measuring_ = 0;
  unsigned in_containers_ = 0;
  JobId last_job_ = 0;
  int interrupts_ = 0;
  bool failed_ = false;
  std::optional<Error> trouble_;
};

}  // namespace boxcar
