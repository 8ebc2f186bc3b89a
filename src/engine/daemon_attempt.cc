#include "engine/daemon_attempt.h"

#include <utility>

#include "engine/first_process.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLookAgain = milliseconds(50);  // at who was asked to end
constexpr auto kLastPeek = milliseconds(100);
constexpr auto kReconnect = milliseconds(500);
constexpr auto kSteady = seconds(2);        // a connection that lasts so long was one
constexpr auto kLogPatience = seconds(10);  // with the log of a container that is over

constexpr std::string_view kNoLog =
    "boxcar: what this step prints is not known from here on: the daemon keeps no log of a step with secrets\n";

}  // namespace

DaemonAttempt::DaemonAttempt(const Shared& shared, JobId id, std::unique_ptr<DaemonContainer> container)
    : shared_(shared),
      id_(id),
      container_(std::move(container)),
      output_(shared.streams, container_->path(),
              {[this](Stream stream, std::string_view text) {
                 say_started();
                 shared_.sink.output(id_, stream, text);
               },
               [this](bool broken) { note_output_end(broken); }}) {}

void DaemonAttempt::attach(std::promise<Result<bool>> attached) {
  attached_ = std::move(attached);
  attach_by_ = Clock::now() + shared_.patience;
  output_.attach(container_->has_secrets() ? container_->take_secrets() : "", [this](bool good) { settle(good); });
}

void DaemonAttempt::settle(Result<bool> attached) {
  if (attached_) attached_->set_value(std::move(attached));
  attached_.reset();
  attach_by_.reset();
}

void DaemonAttempt::refuse() {
  output_.cancel();
  settle(fail(shared_.host.daemon->no_answer()));
}

void DaemonAttempt::start(pid_t pid, bool from_log) {
  started_ = Clock::now();
  deadlines_.start(started_, container_->job().action->timeout);
  pid_ = pid;
  memory_.emplace(shared_.host, shared_.streams, container_->path(), pid);
  say_started();
  if (from_log) {
    from_log_ = true;
    log_over_ = false;
    read_log();
  }
  await_end();
  if (log_over_) peek_soon();
}

void DaemonAttempt::stop(Clock::duration grace) {
  if (started()) deadlines_.stop(grace);
}

// Once, and before its output, which may be quicker than who started it.
void DaemonAttempt::say_started() {
  if (!std::exchange(said_started_, true)) shared_.sink.started(id_);
}

void DaemonAttempt::await_end() {
  wait_ = shared_.streams.start({.method = "POST", .path = container_->path() + "/wait?condition=not-running"},
                                {{}, [this](const Result<HttpResponse>& response) { note_exit(response); }});
}

// Podman tells who waits only when the container's monitor is gone too, at which it looks four times a second. When
// nothing is printed any more the end is mostly there already.
void DaemonAttempt::peek_soon() {
  if (shared_.host.daemon->podman()) peek_at_ = Clock::now() + peek_pause_;
}

void DaemonAttempt::peek() {
  const auto look = [this](const Result<HttpResponse>& response) {
    peek_.reset();
    if (exit_code_ || !response || !response->ok()) return;
    const auto state = part_of(json_object(response->body), "State");
    if (has_ended(text_in(state, "Status"))) {
      if (wait_) shared_.streams.cancel(*wait_);
      wait_.reset();
      over(static_cast<int>(number_in(state, "ExitCode", -1)));
    } else if ((peek_pause_ *= 2) < kLastPeek) {
      peek_soon();
    }
  };
  peek_ = shared_.streams.start({.path = container_->path() + "/json"}, {{}, look});
}

void DaemonAttempt::read_log() {
  if (container_->has_secrets()) {
    log_over_ = true;
    if (!std::exchange(said_no_log_, true)) shared_.sink.output(id_, Stream::Err, kNoLog);
    return;
  }
  // What follows a log misses the end of it now and then, so that is read once more when nothing more can come.
  output_.read_log(!exit_code_);
}

void DaemonAttempt::note_output_end(bool broken) {
  if (!started()) {
    log_over_ = true;  // it was quicker than who started it, or never starts
    return;
  }
  if (broken && !exit_code_) return disconnected();
  if (from_log_ && !exit_code_) return;  // until its end is known
  log_over_ = true;
  if (!exit_code_) peek_soon();
  tell_if_over();
}

void DaemonAttempt::note_exit(const Result<HttpResponse>& response) {
  wait_.reset();
  if (!response || (!response->ok() && response->status != 404)) return disconnected();
  if (response->status != 404) return over(static_cast<int>(number_in(json_object(response->body), "StatusCode", -1)));
  memory_->stop();
  give_up("its container was removed by somebody else");
}

void DaemonAttempt::over(int exit_code) {
  unclear_ = false;
  memory_->stop();
  seconds_ = std::chrono::duration<double>(Clock::now() - started_).count();
  exit_code_ = exit_code;
  give_up_log_at_ = Clock::now() + kLogPatience;
  if (from_log_) read_log();
  tell_if_over();
}

void DaemonAttempt::give_up(std::string why) {
  gone_ = std::move(why);
  exit_code_ = -1;
  log_over_ = true;
  tell_if_over();
}

// Who still starts the container finds that out by himself, but for his waiting here.
void DaemonAttempt::lose() {
  if (attached_) refuse();
  if (!started() || ending_) return;
  give_up(shared_.host.daemon->no_answer().message + container_->may_run_on());
}

void DaemonAttempt::disconnect() {
  output_.cancel();
  peek_at_.reset();
  for (auto* stream : {&wait_, &peek_, &kill_}) {
    if (*stream) shared_.streams.cancel(**stream);
    stream->reset();
  }
}

void DaemonAttempt::disconnected() {
  disconnect();
  const auto now = Clock::now();
  if (!lost_since_ || now - tried_at_ > kSteady) lost_since_ = now;
  reconnect_at_ = now + kReconnect;
}

void DaemonAttempt::reconnect() {
  if (Clock::now() - *lost_since_ >= shared_.patience || shared_.quitting) {
    const char* why = unclear_ ? " does not say how its container ended" : " went away";
    return give_up(shared_.host.daemon->name() + why);
  }
  tried_at_ = Clock::now();
  from_log_ = true;
  read_log();
  await_end();
}

Deadlines::Due DaemonAttempt::next() const {
  Deadlines::Due next = attach_by_;
  if (ending_ || !started()) return next;
  const auto deadline = exit_code_ ? std::nullopt : deadlines_.next();
  for (const auto& at : {deadline, memory_->next(), peek_at_, reconnect_at_, give_up_log_at_}) {
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

void DaemonAttempt::look(Clock::time_point now) {
  const auto due = [now](Deadlines::Due& at) {
    if (!at || *at > now) return false;
    at.reset();
    return true;
  };
  if (due(attach_by_)) refuse();
  if (ending_ || !started()) return;
  memory_->look(now);
  if (due(peek_at_)) peek();
  if (due(reconnect_at_)) reconnect();
  if (due(give_up_log_at_)) {
    log_over_ = true;
    tell_if_over();
  }
  if (exit_code_) return;
  deadlines_.check_timeout(now, shared_.grace);
  if (deadlines_.terminate_due(now)) terminate(now);
  if (deadlines_.kill_due(now)) {
    signal("SIGKILL");
    deadlines_.kill_again(now + seconds(1));
  }
}

// Who would never hear of SIGTERM is killed. While the runtime still sets the container up it hears that itself: so it
// is looked at again.
void DaemonAttempt::terminate(Clock::time_point now) {
  if (pid_ > 0 && leaves_sigterm_to_the_kernel(pid_)) return signal("SIGKILL");
  if (!std::exchange(asked_to_end_, true)) signal("SIGTERM");
  if (pid_ > 0) deadlines_.terminate_again(now + kLookAgain);
}

// One at a time: a daemon that does not answer now would have all of them to do later.
void DaemonAttempt::signal(const std::string& name) {
  if (kill_ && kill_signal_ == name) return;
  if (kill_) shared_.streams.cancel(*kill_);
  kill_signal_ = name;
  kill_ = shared_.streams.start({.method = "POST", .path = container_->path() + "/kill?signal=" + name},
                                {{}, [this](const Result<HttpResponse>& /*done*/) { kill_.reset(); }});
}

void DaemonAttempt::tell_if_over() {
  if (exit_code_ && log_over_ && !std::exchange(ending_, true)) shared_.over(id_);
}

DaemonEnd DaemonAttempt::end() {
  disconnect();
  memory_->stop();
  const bool old = shared_.host.daemon->podman() && !memory_->is_recent();
  return {container_.get(), gone_, seconds_, deadlines_.stopped(), deadlines_.timed_out(), memory_->usage(), old};
}

void DaemonAttempt::not_over() {
  exit_code_.reset();
  give_up_log_at_.reset();
  log_over_ = ending_ = false;
  unclear_ = true;
  disconnected();
}

std::unique_ptr<DaemonContainer> DaemonAttempt::take_container() {
  disconnect();
  return std::move(container_);
}

}  // namespace boxcar
