// How much memory a container of a daemon takes at most, watched while it runs.
#pragma once

#include <string>

#include "engine/cgroups.h"
#include "engine/daemon_host.h"
#include "engine/deadlines.h"

namespace boxcar {

// For the thread of the HttpStreams. What it is made of outlives it.
class DaemonMemory {
 public:
  // `container`: "/containers/ID". `pid`: its first process on this machine, 0: not to be seen.
  DaemonMemory(const DaemonHost& host, HttpStreams& streams, std::string container, pid_t pid);
  ~DaemonMemory() { stop(); }
  DaemonMemory(const DaemonMemory&) = delete;
  DaemonMemory& operator=(const DaemonMemory&) = delete;

  Deadlines::Due next() const { return look_at_; }  // when to look again
  void look(Deadlines::Clock::time_point now);      // if it is time
  void stop();
  const Usage& usage() const { return usage_; }
  bool is_recent() const;  // whether usage() is as of the last look that was due

 private:
  void read(Deadlines::Clock::time_point now);
  void ask();
  void note(const Result<HttpResponse>& response);
  void look_again(Deadlines::Clock::time_point now, Deadlines::Clock::duration longest);

  const DaemonHost& host_;
  HttpStreams& streams_;
  const std::string container_;
  std::optional<ForeignCgroup> group_;
  std::optional<HttpStreams::Id> asked_;
  Deadlines::Due look_at_;
  Deadlines::Clock::duration pause_;
  Deadlines::Clock::time_point seen_;  // anything
  Usage usage_;
};

}  // namespace boxcar
