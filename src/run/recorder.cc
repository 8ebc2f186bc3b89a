#include "run/recorder.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "run/engine_place.h"
#include "run/session.h"

namespace boxcar {

std::string recorded_file(const Plan& plan) {
  return plan.file.empty() ? "" : absolute_path(plan.file, current_directory());
}

void Recorder::begin(const RunRequest& request, const RunReport& report, const EnginePlace& place) {
  if (store_ == nullptr) return;
  run_ = report.run;
  plan_ = &report.plan;
  RunRecord run;
  run.id = report.run;
  run.workflow = report.plan.name;
  run.file = recorded_file(report.plan);
  run.command = request.command;
  run.store = request.store;
  run.engine = place.name();
  run.engine_why = place.why();
  run.started = now_micros();
  run.pid = ::getpid();
  run.pid_start = process_start(run.pid);
  run.total = static_cast<std::uint32_t>(report.plan.count(report.wanted));
  store_->begin(run);
  // Before anybody is told of the run: who reads of it may stop it at once, from another process.
  (void)store_->flush();
}

void Recorder::step_changed(StepIndex index, const StepState& state) {
  if (!run_.empty()) {
    const auto& step = plan_->steps[index];
    StepRecord record;
    record.index = index;
    record.name = step.name;
    record.status = state.status;
    record.exit_code = state.exit_code;
    record.key = state.key;
    record.image = step.tool->image->identity;
    record.image_name = step.tool->image->reference;
    record.seconds = state.seconds;
    if (state.status == StepStatus::Running) record.began = now_micros();
    record.peak_memory = state.peak_memory;
    record.needs = state.needs;
    record.attempts = state.attempts;
    record.failure = state.failure;
    record.message = state.message;
    record.last = plan_->last(index);
    store_->update(run_, std::move(record));
  }
  next_.step_changed(index, state);
}

void Recorder::finish(const RunReport& report) {
  if (run_.empty()) return;
  store_->finish(run_, report.status, now_micros(), join(report.lost, "; "), report.outputs);
  if (auto closed = store_->close(); !closed) next_.note("this run is not fully recorded: " + closed.error().text());
}

}  // namespace boxcar
