// Attempts: takes an action through workspace, engine, log and commit, on the pool and the engine's thread, and tells
// the loop by events what became of it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "model/workflow.h"
#include "run/events.h"
#include "run/log_writer.h"
#include "store/results.h"

namespace boxcar {

class Attempts : public EngineSink {
 public:
  // Makes the engine when the first attempt needs it; called once, on a pool thread.
  using MakeEngine = std::function<Result<std::unique_ptr<Engine>>(EngineSink&)>;

  Attempts(Results& results, MakeEngine make_engine, Submit submit, EventQueue& events);
  ~Attempts() override;  // every attempt must have been discarded or committed

  // The loop's side. Each returns at once.
  // `secrets` are read now. Then Started, Ended.
  void begin(JobId id, std::shared_ptr<const Action> action, const Key& key, AttemptName name,
             std::vector<SecretReference> secrets);
  // `keep`: as of discard(), should it fail.
  void commit(JobId id, const Ending& ending, bool keep);  // then Committed
  // Instead of a commit; also after a failed one. Where the workspace is kept, "" where it isn't.
  std::string discard(JobId id, bool keep);
  void stop(JobId id, Seconds grace);  // Ended follows
  std::string engine_name() const;     // "" until there is one

  // The engine's side.
  void started(JobId id) override;
  void output(JobId id, Stream stream, std::string_view bytes) override;
  void ended(JobId id, const Ending& ending) override;
  void note(const std::string& text) override;

 private:
  struct Attempt;

  std::shared_ptr<Attempt> find(JobId id) const;
  Result<void> prepare_and_start(JobId id, Attempt& attempt);
  Result<Engine*> engine();

  Results& results_;
  const MakeEngine make_engine_;
  const Submit submit_;
  EventQueue& events_;
  // Bytes of Lines that the loop has not taken: beyond a bound people miss lines live, so that a slow terminal slows
  // nothing down.
  std::shared_ptr<std::atomic<std::size_t>> unseen_;
  mutable std::mutex mutex_;  // guards attempts_ and engine_
  std::unordered_map<JobId, std::shared_ptr<Attempt>> attempts_;
  std::unique_ptr<Engine> engine_;

 public:
  void seen(std::size_t bytes) { *unseen_ -= bytes; }  // the loop took that much of Lines
};

}  // namespace boxcar
