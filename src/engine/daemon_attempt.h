// One container of a daemon engine, from its creation to its end: its output, its memory, its time, the signals that it
// gets, and a daemon that goes away meanwhile.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "engine/daemon_container.h"
#include "engine/daemon_ending.h"
#include "engine/daemon_memory.h"
#include "engine/daemon_output.h"
#include "engine/deadlines.h"

namespace boxcar {

// For the thread of the HttpStreams alone.
class DaemonAttempt {
 public:
  using Clock = Deadlines::Clock;

  // What all of an engine share. It outlives them.
  struct Shared {
    const DaemonHost& host;
    HttpStreams& streams;
    EngineSink& sink;
    Clock::duration grace;     // after a timeout
    Clock::duration patience;  // with a daemon that went away; then the attempt is lost
    const std::atomic<bool>& quitting;
    std::function<void(JobId)> over;  // end() is to be called
  };

  DaemonAttempt(const Shared& shared, JobId id, std::unique_ptr<DaemonContainer> container);
  ~DaemonAttempt() { disconnect(); }
  DaemonAttempt(const DaemonAttempt&) = delete;
  DaemonAttempt& operator=(const DaemonAttempt&) = delete;

  // Before the container starts. `attached` gets whether its output comes; an error: the daemon does not answer.
  void attach(std::promise<Result<bool>> attached);
  // It runs. `pid`: its first process, 0: not to be seen. from_log: nothing is attached.
  void start(pid_t pid, bool from_log);
  void stop(Clock::duration grace);  // no effect before start()
  void lose();                       // the daemon does not answer
  void look(Clock::time_point now);  // does what is due
  Deadlines::Due next() const;       // when something is

  DaemonEnd end();  // once `over` was called: nothing is done any more
  void not_over();  // whatever the daemon said
  std::unique_ptr<DaemonContainer> take_container();

 private:
  static constexpr auto kFirstPeek = std::chrono::milliseconds(2);

  bool started() const { return started_ != Clock::time_point(); }
  void settle(Result<bool> attached);
  void refuse();
  void say_started();
  void await_end();
  void peek_soon();
  void peek();
  void read_log();
  void note_output_end(bool broken);
  void note_exit(const Result<HttpResponse>& response);
  void over(int exit_code);
  void give_up(std::string why);
  void disconnect();
  void disconnected();
  void reconnect();
  void terminate(Clock::time_point now);
  void signal(const std::string& name);
  void tell_if_over();

  const Shared& shared_;
  const JobId id_;
  std::unique_ptr<DaemonContainer> container_;
  DaemonOutput output_;
  std::optional<DaemonMemory> memory_;
  Deadlines deadlines_;
  Clock::time_point started_;
  pid_t pid_ = 0;
  std::optional<HttpStreams::Id> wait_, peek_, kill_;
  std::string kill_signal_;                             // of `kill_`
  std::optional<std::promise<Result<bool>>> attached_;  // until it is
  Deadlines::Due attach_by_, peek_at_, reconnect_at_, give_up_log_at_;
  Clock::duration peek_pause_{kFirstPeek};
  Deadlines::Due lost_since_;
  Clock::time_point tried_at_;  // to find it again
  bool unclear_ = false;        // the daemon says that it is over, and knows no end
  std::optional<int> exit_code_;
  double seconds_ = 0;
  bool said_started_ = false;
  bool said_no_log_ = false;
  bool asked_to_end_ = false;
  bool from_log_ = false;  // its output is read from the daemon's log, since it cannot be had otherwise any more
  bool log_over_ = false;
  bool ending_ = false;
  std::string gone_;  // why there is no container any more
};

}  // namespace boxcar
