// Writes a run into the record while passing on to another observer what it sees.
#pragma once

#include "record/run_store.h"
#include "run/observer.h"

namespace boxcar {

class EnginePlace;
struct RunRequest;
struct RunReport;

// The workflow's file as the record names it: absolute, since it is read from anywhere. "" where there is none.
std::string recorded_file(const Plan& plan);

class Recorder : public Observer {
 public:
  // `store` null: only passes on.
  Recorder(RunStore* store, Observer& next) : store_(store), next_(next) {}

  // Other processes see the run when this returns.
  void begin(const RunRequest& request, const RunReport& report, const EnginePlace& place);
  void finish(const RunReport& report);

  void run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string& run) override {
    next_.run_started(plan, wanted, run);
  }
  void note(const std::string& text) override { next_.note(text); }
  void step_changed(StepIndex step, const StepState& state) override;
  void container_started(StepIndex step) override { next_.container_started(step); }
  void step_output(StepIndex step, Stream stream, std::string_view line) override {
    next_.step_output(step, stream, line);
  }
  void tick() override { next_.tick(); }

 private:
  RunStore* store_;
  Observer& next_;
  std::string run_;  // "" before begin
  const Plan* plan_ = nullptr;
};

}  // namespace boxcar
