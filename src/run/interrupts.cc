#include "run/interrupts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/interrupt.h"

namespace boxcar {

Interrupts::Interrupts(EventQueue& events) : wake_(::eventfd(0, EFD_CLOEXEC)) {
  const sigset_t set = interrupting_signals();
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  thread_ = std::thread([this, &events, signals] {
    for (;;) {
      pollfd watched[2] = {{signals, POLLIN, 0}, {wake_, POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0) continue;
      if (watched[1].revents != 0) break;
      signalfd_siginfo info;
      if (::read(signals, &info, sizeof info) != sizeof info) continue;
      note_interrupt();
      events.post(Interrupted{});
    }
    ::close(signals);
  });
}

Interrupts::~Interrupts() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  thread_.join();
  ::close(wake_);
}

}  // namespace boxcar
