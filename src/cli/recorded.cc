#include "cli/recorded.h"

#include <fmt/format.h>

#include <ctime>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "store/layout.h"

namespace boxcar {

Result<RunRecord> recorded_run(RunStore& store, const std::string& id) {
  TRY(auto run, store.find(id));
  if (run) return *std::move(run);
  return fail(ErrorKind::NotFound, id.empty()
                                       ? "no run is recorded yet"
                                       : fmt::format("there is no run '{}'; boxcar runs lists them", printable(id)));
}

std::string_view status_of(const RunRecord& run) {
  return run.status == RunStatus::Running && !runner_alive(run) ? "interrupted" : name_of(run.status);
}

double seconds_of(const RunRecord& run) {
  if (run.finished != 0) return static_cast<double>(run.finished - run.started) / 1e6;
  if (run.status != RunStatus::Running || !runner_alive(run)) return 0;
  return static_cast<double>(now_micros() - run.started) / 1e6;
}

double seconds_of(const RunRecord& run, const StepRecord& step) {
  if (step.began == 0 || run.status != RunStatus::Running || !runner_alive(run)) return step.seconds;
  return static_cast<double>(now_micros() - step.began) / 1e6;
}

std::string result_of(const RunRecord& run, const StepRecord& step) {
  if (step.status != StepStatus::Succeeded && step.status != StepStatus::Cached) return {};
  return result_directory(run.store, step.image, step.key);
}

std::string log_of(const RunRecord& run, const StepRecord& step, int attempt) {
  const auto path = [&](int number) {
    return join_path(attempt_directory(run.store, run.id, step.name, number), kLogFile);
  };
  if (attempt > 0) return exists(path(attempt)) ? path(attempt) : "";
  // What is on disk counts: while a step runs the record may be behind.
  int last = step.attempts > 0 && exists(path(step.attempts)) ? step.attempts : 0;
  while (exists(path(last + 1))) ++last;
  if (last > 0) return path(last);
  const std::string result = result_of(run, step);
  if (result.empty()) return {};
  const std::string log = join_path(result, kLogFile);
  return exists(log) ? log : "";
}

std::string local_time(std::int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm local{};
  localtime_r(&seconds, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local));
}

}  // namespace boxcar
