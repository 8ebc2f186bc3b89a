#include "engine/daemon_pulse.h"

#include "base/interrupt.h"

namespace boxcar {

namespace {

using Clock = Deadlines::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kShortPause = milliseconds(500);  // after no answer, or when somebody insisted

}  // namespace

void DaemonPulse::look(Clock::time_point now, bool wanted) {
  if (!wanted) {
    if (asked_) streams_.cancel(*asked_);
    asked_.reset();
    ask_at_.reset();
    silence_.answered();
    answers_ = true;
    return;
  }
  if (!ask_at_) ask_at_ = now + pause_;
  if (!asked_ && (now >= *ask_at_ || (insisted() && now >= *ask_at_ - pause_ + kShortPause))) ask(now);
}

void DaemonPulse::ask(Clock::time_point now) {
  silence_.asked(now);
  // On a connection of its own again where one brings no answer.
  const auto most = std::max<milliseconds>(seconds(1), daemon_patience() / 4);
  asked_ = streams_.start({.path = "/_ping", .timeout = most},
                          {{}, [this](const Result<HttpResponse>& answer) { note(answer.has_value()); }});
}

void DaemonPulse::note(bool answered) {
  asked_.reset();
  answers_ = answered;
  if (answered) silence_.answered();
  ask_at_ = Clock::now() + (answered ? milliseconds(pause_) : kShortPause);
}

Deadlines::Due DaemonPulse::next() const {
  const auto now = Clock::now();
  if (ask_at_ && insisted()) return now + kShortPause;
  const Deadlines::Due next = asked_ ? std::nullopt : ask_at_;
  const Deadlines::Due limit = silence_.limit();
  if (!limit || *limit <= now) return next;
  return next ? std::min(*next, *limit) : limit;
}

}  // namespace boxcar
