// Ctrl-C and its kin, as events of the runner's loop.
#pragma once

#include <thread>

#include "run/events.h"

namespace boxcar {

// While it lives, a thread turns each interrupting signal (base/interrupt.h) into an Interrupted event.
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
