// What the steps of a dry run would need, as far as that is known.
#pragma once

#include <unordered_map>
#include <vector>

#include "base/pool.h"
#include "run/events.h"

namespace boxcar {

struct ToMeasure {
  StepIndex step = 0;
  ScaledNeeds needs;
  Sources sources;
};

// Measures the rules on the pool's threads, and waits for them. Cancelled: an Interrupted event came meanwhile; then
// the pool is cancelled. To be called by the one who takes the events.
Result<std::unordered_map<StepIndex, ScaledNeeds>> measure_ahead(std::vector<ToMeasure> steps, Pool& pool,
                                                                 EventQueue& events);

}  // namespace boxcar
