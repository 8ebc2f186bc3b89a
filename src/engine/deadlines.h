// When a container is asked to end, and when it is made to: what every engine's loop keeps of a container.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace boxcar {

// What a clock counts of it: none below zero, kLongestDuration at most.
inline std::chrono::nanoseconds clock_duration(Seconds seconds) {
  if (!(seconds > Seconds(0))) return std::chrono::nanoseconds(0);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(seconds, kLongestDuration));
}

class Deadlines {
 public:
  using Clock = std::chrono::steady_clock;
  using Due = std::optional<Clock::time_point>;

  void start(Clock::time_point now, const std::optional<Seconds>& timeout) {
    if (timeout) timeout_at_ = now + clock_duration(*timeout);
  }

  // A second stop with less grace shortens the first.
  void stop(Clock::duration grace) {
    stopped_ = true;
    timeout_at_.reset();
    begin_end(grace);
  }

  // Once `timeout` is over it counts as timed out, and has `grace` left.
  void check_timeout(Clock::time_point now, Clock::duration grace) {
    if (!take(timeout_at_, now)) return;
    timed_out_ = true;
    begin_end(grace);
  }

  // True: now is the time to do it. What was due is not due again, unless one says so.
  bool terminate_due(Clock::time_point now) { return take(terminate_at_, now); }
  bool kill_due(Clock::time_point now) {
    if (!take(kill_at_, now)) return false;
    terminate_at_.reset();
    return true;
  }
  void terminate_again(Clock::time_point at) { terminate_at_ = at; }
  void kill_again(Clock::time_point at) { kill_at_ = at; }

  Due next() const {
    Due next;
    for (const auto& at : {timeout_at_, terminate_at_, kill_at_}) {
      if (at && (!next || *at < *next)) next = at;
    }
    return next;
  }

  bool stopped() const { return stopped_ && !timed_out_; }
  bool timed_out() const { return timed_out_; }

 private:
  static bool take(Due& at, Clock::time_point now) {
    if (!at || *at > now) return false;
    at.reset();
    return true;
  }

  void begin_end(Clock::duration grace) {
    const auto now = Clock::now();
    if (grace > Clock::duration::zero() && !kill_at_) terminate_at_ = now;
    const auto kill_at = now + std::max(grace, Clock::duration::zero());
    if (!kill_at_ || kill_at < *kill_at_) kill_at_ = kill_at;
  }

  Due timeout_at_;    // the action's
  Due terminate_at_;  // when to ask it to end
  Due kill_at_;       // when grace is over
  bool stopped_ = false;
  bool timed_out_ = false;
};

}  // namespace boxcar
