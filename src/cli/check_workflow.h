// What can be said of a workflow that is looked at, not run.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "model/workflow.h"

namespace boxcar {

// Directories and files of the host that a step reads: whether they have to be there already.
enum class MissingInputs : bool { Refused, WarnedOf };

// Links, cycles, files, outputs; ports and parameters too of the images that are here. Nothing is fetched. The images
// looked at are those of what --engine said.
void check_workflow(Workflow workflow, const std::string& engine, MissingInputs missing, Findings& findings);

}  // namespace boxcar
