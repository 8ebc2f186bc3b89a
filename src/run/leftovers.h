// What is left of a run whose runner was killed.
#pragma once

#include "record/run_store.h"

namespace boxcar {

// Ends what still runs of it, wherever its containers are, and removes its workspaces. True: something still ran.
// Before any thread is started. What live runners own, and others' containers, stay.
Result<bool> end_leftovers(RunStore& record, const RunRecord& run);

}  // namespace boxcar
