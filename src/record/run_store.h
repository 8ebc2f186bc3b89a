// The record of runs: $XDG_STATE_HOME/boxcar/runs.db, so that runs, status, logs and stop work from anywhere.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/outcome.h"

namespace boxcar {

struct StepRecord {
  std::uint32_t index = 0;  // in the order of the workflow
  std::string name;
  StepStatus status = StepStatus::Waiting;
  std::optional<int> exit_code;
  Key key;  // zero until known
  Digest image;
  std::string image_name;
  double seconds = 0;
  std::int64_t began = 0;  // of one that runs: microseconds since 1970
  std::uint64_t peak_memory = 0;
  Needs needs;  // of its last attempt
  int attempts = 0;
  Failure failure = Failure::None;
  std::string message;  // why it failed, one line
  bool last = false;    // Plan::last()
};

// An output that the workflow names.
struct OutputRecord {
  std::string name;
  std::string path;  // where it lies, absolute; "": nowhere
};

struct RunRecord {
  std::string id;        // sorts by time: 20261122-141930-x7k2
  std::string workflow;  // its name
  std::string file;      // absolute, or ""
  std::string command;   // the command line, for people
  std::string store;     // absolute
  std::string engine;
  std::string engine_why;  // a sentence, when nobody named the engine
  RunStatus status = RunStatus::Running;
  std::int64_t started = 0;     // microseconds since 1970
  std::int64_t finished = 0;    // 0: not yet
  int pid = 0;                  // of the runner
  std::uint64_t pid_start = 0;  // its start time (/proc/PID/stat field 22), so that a reused pid is not taken for it
  std::uint32_t total = 0;
  std::string problem;  // why it failed though no step did: outputs that could not be handed over; ""
};

std::string new_run_id();
std::uint64_t process_start(int pid);     // for pid_start; 0: there is no such process
bool runner_alive(const RunRecord& run);  // a run "running" whose runner is dead was interrupted

// Writing happens on a thread of its own, in batches: begin, update and finish return at once, from any thread, and
// other processes see what was written some 30 ms later. Reading sees what this object wrote. No call but close() waits
// for a disk. A record that can't be written never fails a run: the first error is kept, what follows is dropped, and
// flush() and close() give it.
class RunStore {
 public:
  static std::string default_path();  // base/user_directories.h
  // ":memory:" keeps it there. Creates the file and its directories, brings an older version up to date. Internal: of a
  // newer version, or no database.
  static Result<std::unique_ptr<RunStore>> open(const std::string& path);
  ~RunStore();  // as close()

  void begin(const RunRecord& run);
  void update(const std::string& run, StepRecord step);  // the latest of a step counts
  void finish(const std::string& run, RunStatus status, std::int64_t finished, std::string problem = {},
              std::vector<OutputRecord> outputs = {});
  Result<void> flush();  // waits until all so far is written: what --detach does before it leaves the runner behind
  Result<void> close();  // the same; later calls write nothing

  Result<std::vector<RunRecord>> runs(std::size_t limit);  // newest first
  // By its id or a unique beginning of it (Invalid: it is not unique); "" is the latest.
  Result<std::optional<RunRecord>> find(const std::string& id);
  Result<std::vector<StepRecord>> steps(const std::string& run);  // by index
  // In the order of the workflow; none before the run has ended.
  Result<std::vector<OutputRecord>> outputs(const std::string& run);
  // The newest succeeded or cached step of that name in a run of that store and file other than `run`: for --explain.
  Result<std::optional<StepRecord>> previous(const std::string& store, const std::string& file, const std::string& step,
                                             const std::string& run);
  Result<std::vector<Key>> keys(const std::string& store);  // of all recorded runs, sorted: gc's roots
  Result<void> forget(const std::string& run);              // Invalid when its runner is alive

 private:
  struct State;
  explicit RunStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace boxcar
