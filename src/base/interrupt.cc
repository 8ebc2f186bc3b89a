#include "base/interrupt.h"

#include <atomic>

namespace boxcar {

namespace {

std::atomic<int> taken = 0;

}  // namespace

sigset_t interrupting_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : kInterrupting) {
    struct sigaction now {};
    const bool ignored = ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
    // Shells ignore SIGINT for what they start in the background, and nohup SIGHUP. SIGTERM is always meant.
    if (!ignored || number == SIGTERM) ::sigaddset(&set, number);
  }
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
  const sigset_t set = interrupting_signals();
  sigset_t both;
  return ::sigandset(&both, &pending, &set) == 0 && ::sigisemptyset(&both) == 0;
}

Error interruption() {
  return Error{ErrorKind::Cancelled, "interrupted", {}};
}

void note_interrupt() {
  ++taken;
}

bool insisted() {
  return taken > 1 || interrupted();
}

InterruptsBlocked::InterruptsBlocked() {
  taken = 0;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before_);
  ::sigaction(SIGPIPE, nullptr, &pipe_);
  block_interrupts();
}

InterruptsBlocked::~InterruptsBlocked() {
  ::sigaction(SIGPIPE, &pipe_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void InterruptsBlocked::take() {
  const sigset_t set = interrupting_signals();
  const timespec now{};
  while (::sigtimedwait(&set, nullptr, &now) > 0) {
  }
}

}  // namespace boxcar
