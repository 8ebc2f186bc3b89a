// Whether a daemon still answers while containers run on it: it is asked every few seconds. What it is to send for long
// (output, the end of a container) says nothing of that while nothing comes.
#pragma once

#include "engine/deadlines.h"
#include "net/daemon.h"

namespace boxcar {

// For the thread of the HttpStreams, which outlive it.
class DaemonPulse {
 public:
  explicit DaemonPulse(HttpStreams& streams) : streams_(streams) {}

  // Asks when it is time, if `wanted`; else forgets all.
  void look(Deadlines::Clock::time_point now, bool wanted);
  bool lost(Deadlines::Clock::time_point now) const { return silence_.too_long(now); }
  bool answers() const { return answers_; }  // it did when it was last asked
  Deadlines::Due next() const;               // when to look again

 private:
  void ask(Deadlines::Clock::time_point now);
  void note(bool answered);

  HttpStreams& streams_;
  const std::chrono::seconds pause_ = std::min(std::chrono::seconds(5), daemon_patience());
  std::optional<HttpStreams::Id> asked_;
  Deadlines::Due ask_at_;  // none: nobody wants to know
  DaemonSilence silence_;
  bool answers_ = true;
};

}  // namespace boxcar
