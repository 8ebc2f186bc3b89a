// Ctrl-C and its kin, as events of the runner's loop.
#pragma once

#include <thread>

#include "run/events.h"

namespace boxcar {

// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread, and so in all that it starts: call first of all in main.
// SIGPIPE is ignored.
void block_interrupts();

// While it lives, a thread turns each of these signals into an Interrupted event.
class Interrupts {
 public:
  explicit Interrupts(EventQueue& events);
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  int wake_ = -1;  // an eventfd that ends the thread
  std::thread thread_;
};

}  // namespace boxcar
