// An engine whose containers end as a script says, at once or when told to.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "engine/engine.h"

namespace boxcar::fakes {

class FakeEngine : public Engine {
 public:
  // How a job ends; none: it goes on until stop() or finish().
  using Script = std::function<std::optional<Ending>(const Job&)>;

  explicit FakeEngine(
      EngineSink& sink, Script script = [](const Job&) { return Ending{}; })
      : sink_(sink), script_(std::move(script)) {}

  Result<void> start(Job job) override {
    const JobId id = job.id;
    sink_.started(id);
    const auto ending = script_(job);
    if (ending) {
      sink_.ended(id, *ending);
    } else {
      const std::lock_guard lock(mutex_);
      going_on_.emplace(id, std::move(job));
    }
    return {};
  }

  void stop(JobId id, Seconds) override {
    Ending ending;
    ending.stopped = true;
    ending.exit_code = 143;
    finish(id, ending);
  }

  void finish(JobId id, const Ending& ending) {
    {
      const std::lock_guard lock(mutex_);
      if (going_on_.erase(id) == 0) return;
    }
    sink_.ended(id, ending);
  }

  std::string name() const override { return "fake"; }

 private:
  EngineSink& sink_;
  const Script script_;
  std::mutex mutex_;
  std::map<JobId, Job> going_on_;
};

}  // namespace boxcar::fakes
