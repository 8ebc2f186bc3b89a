// What there is for containers: of this machine, or of a daemon's.
#pragma once

#include "base/result.h"
#include "model/tool.h"

namespace boxcar {

class Daemon;

// The cores that this process may use and that its cgroups leave it, the memory that they leave of the machine's, the
// GPUs among the devices. Every field is there.
Resources this_machine();
// What a daemon says of its machine; of its GPUs it says nothing, so that field is not there.
Result<Resources> daemons_machine(Daemon& daemon);

}  // namespace boxcar
