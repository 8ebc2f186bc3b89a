#include "base/interrupt.h"

#include <initializer_list>

namespace boxcar {

namespace {

constexpr std::initializer_list<int> kInterrupting = {SIGINT, SIGTERM, SIGHUP};

}  // namespace

sigset_t interrupting_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kInterrupting) ::sigaddset(&set, number);
  return set;
}

void block_interrupts() {
  const sigset_t set = interrupting_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

bool interrupted() {
  sigset_t pending;
  if (::sigpending(&pending) != 0) return false;
  for (const int number : kInterrupting) {
    if (::sigismember(&pending, number) == 1) return true;
  }
  return false;
}

Error interruption() {
  return Error{ErrorKind::Cancelled, "interrupted", {}};
}

}  // namespace boxcar
