// Ctrl-C and its kin for what blocks: who works long asks now and then, and gives up with Cancelled.
#pragma once

#include <csignal>

#include "base/result.h"

namespace boxcar {

inline constexpr int kInterrupting[] = {SIGINT, SIGTERM, SIGHUP};

// SIGINT, SIGTERM, SIGHUP without those that this program was started to ignore (nohup, a job in the background): a
// blocked signal would be queued even so.
sigset_t interrupting_signals();

// Blocks them in the calling thread, and so in all that it starts: before other threads are started. SIGPIPE is
// ignored.
void block_interrupts();

// Whether one of them came and nobody took it yet. It stays for the next who asks. Only after block_interrupts().
bool interrupted();
Error interruption();  // Cancelled

// Who takes them as they come (run/interrupts.h) says so of each: nobody else sees it then.
void note_interrupt();
// Somebody wants out at once: one is there that nobody takes, or a second was taken. What is to be cleared up is worth
// seconds then, not minutes.
bool insisted();

// block_interrupts() for as long as it lives; what was taken before does not count. After it the thread's mask and
// SIGPIPE's disposition are as before.
class InterruptsBlocked {
 public:
  InterruptsBlocked();
  ~InterruptsBlocked();
  InterruptsBlocked(const InterruptsBlocked&) = delete;
  InterruptsBlocked& operator=(const InterruptsBlocked&) = delete;

  // Takes what came and nobody took: it was heeded, and must not end the program afterwards.
  void take();

 private:
  sigset_t before_;
  struct sigaction pipe_;
};

}  // namespace boxcar
