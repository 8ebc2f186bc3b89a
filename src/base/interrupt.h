// Ctrl-C and its kin for what blocks: who works long asks now and then, and gives up with Cancelled.
#pragma once

#include <csignal>

#include "base/result.h"

namespace boxcar {

sigset_t interrupting_signals();  // SIGINT, SIGTERM, SIGHUP

// Blocks them in the calling thread, and so in all that it starts: before other threads are started. SIGPIPE is
// ignored.
void block_interrupts();

// Whether one of them came and nobody took it yet. It stays for the next who asks. Only after block_interrupts().
bool interrupted();
Error interruption();  // Cancelled

}  // namespace boxcar
