// What runs, status, logs and stop share: finding a recorded run, and saying what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/run_store.h"

namespace boxcar {

// By id or its beginning; "" is the latest. NotFound, as the error of a call that is wrong, when there is none.
Result<RunRecord> recorded_run(RunStore& store, const std::string& id);

std::string_view status_of(const RunRecord& run);  // "interrupted" when its runner died
double seconds_of(const RunRecord& run);           // until now while it runs
double seconds_of(const RunRecord& run, const StepRecord& step);
// Where a recorded step's result lies, absolute; "" where there is none.
std::string result_of(const RunRecord& run, const StepRecord& step);
// The log of a step's attempt, 0: of its last; of a cached step the log of its result. "" when there is none.
std::string log_of(const RunRecord& run, const StepRecord& step, int attempt);
std::string local_time(std::int64_t micros);  // 2026-11-22 14:19:30

}  // namespace boxcar
