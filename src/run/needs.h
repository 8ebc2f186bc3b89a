// What a run's containers share, and whether its steps can have what they request.
#pragma once

#include "plan/plan.h"
#include "run/engine_place.h"

namespace boxcar {

// `said`: by the call; of what is not, the machine on which `place` has containers run. Empty where no wanted step
// requests or limits anything, since then nobody looks. A step that requests more, or a GPU of an engine that can give
// none, is a finding at its place. What a daemon gives is tried, but by a dry run, which starts nothing.
Result<Resources> machine_for(const Plan& plan, const std::vector<bool>& wanted, const EnginePlace& place,
                              const Resources& said, bool dry_run, Findings& findings);

}  // namespace boxcar
