// What can be told of a container's first process from outside.
#pragma once

#include <sys/types.h>

namespace boxcar {

// Whether SIGTERM would be dropped: the kernel ends the first process of a pid namespace by no signal that it does not
// handle. False where it is ignored on purpose, or held back to be asked for (signalfd).
bool leaves_sigterm_to_the_kernel(pid_t pid);

}  // namespace boxcar
