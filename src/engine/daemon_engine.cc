#include "engine/daemon_engine.h"

#include <algorithm>
#include <atomic>
#include <climits>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>

#include "base/environment.h"
#include "base/pool.h"
#include "base/text.h"
#include "engine/daemon_confinement.h"
#include "engine/daemon_container.h"
#include "engine/daemon_files.h"
#include "engine/daemon_helper.h"
#include "engine/daemon_leftovers.h"
#include "engine/deadlines.h"
#include "engine/docker_log.h"
#include "engine/first_process.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Clock = Deadlines::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kStartsAtOnce = 4;  // more only wait for each other in the daemon
constexpr unsigned kFinishers = 4;
constexpr auto kLookAgain = milliseconds(50);  // at who was asked to end
constexpr auto kReconnect = milliseconds(500);
constexpr auto kSteady = seconds(2);          // a connection that lasts so long was one
constexpr auto kLogPatience = seconds(10);    // with the log of a container that is over
constexpr auto kLastPatience = seconds(30);   // of the destructor
constexpr auto kFirstLook = milliseconds(5);  // at the memory; twice as long each time
constexpr auto kLongestLook = milliseconds(200);
constexpr auto kLongestAsk = seconds(1);  // of a daemon on another machine

constexpr std::string_view kNoLog =
    "boxcar: what this step prints is not known from here on: the daemon keeps no log of a step with secrets\n";

class DaemonEngine final : public Engine {
 public:
  DaemonEngine(DaemonHost host, std::string helper, const DaemonOptions& options, EngineSink& sink,
               std::unique_ptr<HttpStreams> streams, std::unique_ptr<DaemonLeftovers> leftovers)
      : host_(std::move(host)),
        helper_(std::move(helper)),
        grace_(std::chrono::duration_cast<Clock::duration>(options.grace)),
        sink_(sink),
        streams_(std::move(streams)),
        leftovers_(std::move(leftovers)) {
    thread_ = std::thread([this] { loop(); });
  }

  ~DaemonEngine() override {
    quitting_ = true;
    streams_->wake();
    thread_.join();
    finishers_.drain();
    leftovers_->remove_rest();
  }

  Result<void> start(Job job) override {
    const JobId id = job.id;
    const Place place(places_);
    if (!stopped_early(id)) CHECK_OK(await_daemon(id));
    if (stopped_early(id)) {
      post([&] { arrivals_.push_back({id, nullptr, false, {}}); });
      return {};
    }
    const bool left_behind = job.left_behind;
    TRY(auto container,
        left_behind ? leftovers_->take_up(host_, std::move(job)) : DaemonContainer::create(host_, std::move(job)));
    DaemonContainer* const made = container.get();
    if (!left_behind) CHECK_OK(made->send(helper_));
    // The loop attaches itself to a new container before it starts, so that not a byte of its output is missed.
    std::promise<bool> attached;
    auto attaching = attached.get_future();
    post([&] { arrivals_.push_back({id, std::move(container), left_behind, std::move(attached)}); });
    // Where that fails the start will say why.
    const bool from_log = !attaching.get();
    if (!left_behind) {
      if (from_log && made->has_secrets())
        return abandon(id, fail(ErrorKind::Unavailable, name() + " does not take the secrets of the step"));
      if (auto started = made->start(); !started) return abandon(id, std::move(started));
    }
    const auto state = made->state();
    const bool visible = state && host_.same_machine;
    post([&] { starts_.push_back({id, visible ? state->pid : 0, from_log}); });
    return {};
  }

  void stop(JobId id, Seconds grace) override {
    {
      const std::lock_guard lock(mutex_);
      stops_.emplace_back(id, grace);
      early_stops_[id] = grace;
    }
    streams_->wake();
  }

  std::optional<AttemptName> left_behind(const Key& key) override { return leftovers_->find(key); }

  std::string name() const override { return host_.daemon->name(); }

  std::vector<std::string> notes() const override {
    if (host_.visible) return {};
    return {host_.daemon->name() + " at " + host_.daemon->address().text +
            " does not see this machine's files: they are sent there and fetched back"};
  }

 private:
  struct Arrival {
    JobId id = 0;
    std::unique_ptr<DaemonContainer> container;  // null: stopped before it was made
    bool left_behind = false;
    std::promise<bool> attached;  // whether it is
  };
  struct Start {
    JobId id = 0;
    pid_t pid = 0;  // 0: not to be seen
    bool from_log = false;
  };
  struct Finish {
    JobId id = 0;
    std::optional<Ending> ending;  // none: it is not over, whatever the daemon said
  };
  // Only the loop's thread touches it, but for the container while it is being finished.
  struct Running {
    std::unique_ptr<DaemonContainer> container;
    Deadlines deadlines;
    Clock::time_point started;
    pid_t pid = 0;
    std::optional<HttpStreams::Id> log, wait, stats;
    std::optional<std::promise<bool>> attached;  // until it is
    DockerLog frames;
    std::size_t passed[2] = {0, 0};  // bytes of each stream that the sink has
    std::size_t skip[2] = {0, 0};    // that come again after a connection broke
    std::optional<ForeignCgroup> memory;
    Usage usage;
    Clock::duration look_after = kFirstLook;
    Deadlines::Due look_at, reconnect_at, give_up_log_at;
    Deadlines::Due lost_since;
    Clock::time_point tried_at;  // to find it again
    bool unclear = false;        // the daemon says that it is over, and knows no end
    std::optional<int> exit_code;
    double seconds = 0;
    bool said_started = false;
    bool said_no_log = false;
    bool asked_to_end = false;
    bool from_log = false;  // its output is read from the daemon's log, since it cannot be had otherwise any more
    bool log_over = false;
    bool finishing = false;
    std::string gone;  // why there is no container any more
  };
  using RunningMap = std::map<JobId, Running>;

  // One of the few starts that go on at once.
  class Place {
   public:
    explicit Place(std::counting_semaphore<>& places) : places_(places) { places_.acquire(); }
    ~Place() { places_.release(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::counting_semaphore<>& places_;
  };

  bool stopped_early(JobId id) {
    const std::lock_guard lock(mutex_);
    return early_stops_.contains(id) || quitting_;
  }

  // One that is just being restarted is waited for.
  Result<void> await_daemon(JobId id) {
    const auto deadline = Clock::now() + patience_;
    for (;;) {
      const auto answer = host_.daemon->get("/_ping");
      if (answer || Clock::now() >= deadline || stopped_early(id))
        return answer ? Result<void>() : fail(answer.error());
      std::this_thread::sleep_for(kReconnect);
    }
  }

  template <class Change>
  void post(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    streams_->wake();
  }

  // It did not start: the loop forgets it, and it is removed.
  Result<void> abandon(JobId id, Result<void> error) {
    std::promise<void> forgotten;
    auto gone = forgotten.get_future();
    post([&] { abandoned_.emplace_back(id, std::move(forgotten)); });
    gone.wait();
    return error;
  }

  void loop() {
    Deadlines::Due last;  // set when quitting
    for (;;) {
      streams_->wait(until_next());
      take_inbox();
      if (quitting_ && !last) {
        last = Clock::now() + kLastPatience;
        for (auto& [id, running] : running_) running.deadlines.stop(Clock::duration::zero());
      }
      look_at_clock();
      if (last && (running_.empty() || Clock::now() > *last)) return;
    }
  }

  milliseconds until_next() const {
    Deadlines::Due next;
    for (const auto& [id, running] : running_) {
      for (const auto& at : {running.deadlines.next(), running.look_at, running.reconnect_at, running.give_up_log_at}) {
        if (at && (!next || *at < *next)) next = at;
      }
    }
    if (!next) return std::chrono::hours(1);
    return std::max(std::chrono::ceil<milliseconds>(*next - Clock::now()), milliseconds(0));
  }

  void take_inbox() {
    std::vector<Arrival> arrivals;
    std::vector<Start> starts;
    std::vector<std::pair<JobId, std::promise<void>>> abandoned;
    std::vector<std::pair<JobId, Seconds>> stops;
    std::vector<Finish> finished;
    {
      const std::lock_guard lock(mutex_);
      arrivals.swap(arrivals_);
      starts.swap(starts_);
      abandoned.swap(abandoned_);
      stops.swap(stops_);
      finished.swap(finished_);
      for (const auto& start : starts) {
        if (const auto early = early_stops_.find(start.id); early != early_stops_.end()) stops.push_back(*early);
      }
    }
    for (auto& arrival : arrivals) arrive(std::move(arrival));
    for (const auto& start : starts) note_start(start);
    for (auto& [id, forgotten] : abandoned) {
      const auto found = running_.find(id);
      disconnect(found->second);
      running_.erase(found);
      forgotten.set_value();
    }
    for (const auto& [id, grace] : stops) {
      const auto found = running_.find(id);
      if (found != running_.end() && found->second.started != Clock::time_point())
        found->second.deadlines.stop(std::chrono::duration_cast<Clock::duration>(grace));
    }
    for (const auto& one : finished) finish(one);
  }

  void finish(const Finish& one) {
    if (one.ending) {
      running_.erase(one.id);
      sink_.ended(one.id, *one.ending);
      return;
    }
    Running& running = running_.at(one.id);
    running.exit_code.reset();
    running.give_up_log_at.reset();
    running.log_over = running.finishing = false;
    running.unclear = true;
    disconnected(running);
  }

  void arrive(Arrival arrival) {
    const JobId id = arrival.id;
    if (!arrival.container) {
      Ending ending;
      ending.stopped = true;
      sink_.ended(id, ending);
      return;
    }
    Running& running = running_[id];
    running.container = std::move(arrival.container);
    if (arrival.left_behind) {
      arrival.attached.set_value(false);
      return;
    }
    running.attached = std::move(arrival.attached);
    const auto settle = [this, id](bool good) {
      Running& it = running_.at(id);
      if (it.attached) it.attached->set_value(good);
      it.attached.reset();
    };
    HttpRequest attach{.method = "POST", .path = running.container->path() + "/attach?stream=1&stdout=1&stderr=1"};
    if (running.container->has_secrets()) {
      attach.path += "&stdin=1";
      attach.body = running.container->take_secrets();
      attach.body_last = true;
    }
    running.log = streams_->start(std::move(attach), {[this, id](std::string_view bytes) { pass_on(id, bytes); },
                                                      [this, id, settle](const Result<HttpResponse>& response) {
                                                        settle(false);
                                                        note_log_end(id, response);
                                                      },
                                                      [settle] { settle(true); }});
  }

  void note_start(const Start& start) {
    Running& running = running_.at(start.id);
    running.started = Clock::now();
    running.deadlines.start(running.started, running.container->job().action->timeout);
    running.pid = start.pid;
    if (start.pid > 0) running.memory = ForeignCgroup::of(start.pid);
    if (running.memory || !host_.same_machine) running.look_at = running.started;
    say_started(start.id, running);
    if (start.from_log) {
      running.from_log = true;
      running.log_over = false;
      read_log(start.id, running);
    }
    await_end(start.id, running);
  }

  // Once, and before its output, which may be quicker than who started it.
  void say_started(JobId id, Running& running) {
    if (!std::exchange(running.said_started, true)) sink_.started(id);
  }

  void await_end(JobId id, Running& running) {
    running.wait =
        streams_->start({.method = "POST", .path = running.container->path() + "/wait?condition=not-running"},
                        {{}, [this, id](const Result<HttpResponse>& response) { note_exit(id, response); }});
  }

  // From the beginning; what was passed on already is skipped.
  void read_log(JobId id, Running& running) {
    if (running.container->has_secrets()) {
      running.log_over = true;
      if (!std::exchange(running.said_no_log, true)) sink_.output(id, Stream::Err, kNoLog);
      return;
    }
    for (const int stream : {0, 1}) running.skip[stream] = running.passed[stream];
    running.frames = {};
    // What follows a log misses the end of it now and then, so that is read once more when nothing more can come.
    const char* follow = running.exit_code ? "0" : "1";
    running.log = streams_->start({.path = running.container->path() + "/logs?stdout=1&stderr=1&follow=" + follow},
                                  {[this, id](std::string_view bytes) { pass_on(id, bytes); },
                                   [this, id](const Result<HttpResponse>& response) { note_log_end(id, response); }});
  }

  void note_log_end(JobId id, const Result<HttpResponse>& response) {
    Running& running = running_.at(id);
    running.log.reset();
    if (running.started == Clock::time_point()) {
      running.log_over = true;  // it was quicker than who started it, or never starts
      return;
    }
    if (!response && !running.exit_code) return disconnected(running);
    if (running.from_log && !running.exit_code) return;  // until its end is known
    running.log_over = true;
    finish_if_over(id, running);
  }

  void pass_on(JobId id, std::string_view bytes) {
    Running& running = running_.at(id);
    running.frames.feed(bytes, [&](Stream stream, std::string_view text) {
      const auto which = static_cast<std::size_t>(stream);
      const std::size_t known = std::min(running.skip[which], text.size());
      running.skip[which] -= known;
      text.remove_prefix(known);
      running.passed[which] += text.size();
      if (text.empty()) return;
      say_started(id, running);
      sink_.output(id, stream, text);
    });
  }

  void note_exit(JobId id, const Result<HttpResponse>& response) {
    Running& running = running_.at(id);
    running.wait.reset();
    running.unclear = false;
    if (!response || (!response->ok() && response->status != 404)) return disconnected(running);
    running.look_at.reset();
    running.seconds = std::chrono::duration<double>(Clock::now() - running.started).count();
    if (response->status == 404) return give_up(id, running, "its container was removed by somebody else");
    running.exit_code = static_cast<int>(number_in(json_object(response->body), "StatusCode", -1));
    running.give_up_log_at = Clock::now() + kLogPatience;
    if (running.from_log) {
      if (running.log) streams_->cancel(*running.log);
      read_log(id, running);
    }
    finish_if_over(id, running);
  }

  void give_up(JobId id, Running& running, std::string why) {
    running.gone = std::move(why);
    running.exit_code = -1;
    running.log_over = true;
    finish_if_over(id, running);
  }

  void disconnect(Running& running) {
    for (auto* stream : {&running.log, &running.wait, &running.stats}) {
      if (*stream) streams_->cancel(**stream);
      stream->reset();
    }
  }

  void disconnected(Running& running) {
    disconnect(running);
    const auto now = Clock::now();
    if (!running.lost_since || now - running.tried_at > kSteady) running.lost_since = now;
    running.reconnect_at = now + kReconnect;
  }

  void reconnect(JobId id, Running& running) {
    if (Clock::now() - *running.lost_since >= patience_ || quitting_) {
      const char* why = running.unclear ? " does not say how its container ended" : " went away";
      return give_up(id, running, host_.daemon->name() + why);
    }
    running.tried_at = Clock::now();
    running.from_log = true;
    read_log(id, running);
    await_end(id, running);
  }

  void look_at_clock() {
    const auto now = Clock::now();
    const auto due = [now](Deadlines::Due& at) {
      if (!at || *at > now) return false;
      at.reset();
      return true;
    };
    for (auto& [id, running] : running_) {
      if (running.finishing || running.started == Clock::time_point()) continue;
      if (due(running.look_at)) running.memory ? look_at_memory(running, now) : ask_for_memory(id, running);
      if (due(running.reconnect_at)) reconnect(id, running);
      if (due(running.give_up_log_at)) {
        running.log_over = true;
        finish_if_over(id, running);
      }
      if (running.exit_code) continue;
      running.deadlines.check_timeout(now, grace_);
      if (running.deadlines.terminate_due(now)) terminate(running, now);
      if (running.deadlines.kill_due(now)) {
        signal(running, "SIGKILL");
        running.deadlines.kill_again(now + seconds(1));
      }
    }
  }

  // Who would never hear of SIGTERM is killed. While the runtime still sets the container up it hears that itself: so
  // it is looked at again.
  void terminate(Running& running, Clock::time_point now) {
    if (running.pid > 0 && leaves_sigterm_to_the_kernel(running.pid)) return signal(running, "SIGKILL");
    if (!std::exchange(running.asked_to_end, true)) signal(running, "SIGTERM");
    if (running.pid > 0) running.deadlines.terminate_again(now + kLookAgain);
  }

  void signal(const Running& running, const std::string& name) {
    streams_->start({.method = "POST", .path = running.container->path() + "/kill?signal=" + name},
                    {{}, [](const Result<HttpResponse>&) {}});
  }

  // A container's group is gone as soon as it ends, so its peak is what was read last.
  void look_at_memory(Running& running, Clock::time_point now) {
    const Usage usage = running.memory->usage();
    running.usage.peak_memory = std::max(running.usage.peak_memory, usage.peak_memory);
    running.usage.out_of_memory = running.usage.out_of_memory || usage.out_of_memory;
    running.look_at = now + running.look_after;
    running.look_after = std::min<Clock::duration>(2 * running.look_after, kLongestLook);
  }

  // The same of a machine whose groups can't be seen: the daemon says what is used now, and the peak where it knows it
  // (cgroups of version 1).
  void ask_for_memory(JobId id, Running& running) {
    running.stats = streams_->start(
        {.path = running.container->path() + "/stats?stream=0&one-shot=1"},
        {{}, [this, id](const Result<HttpResponse>& response) {
           Running& it = running_.at(id);
           it.stats.reset();
           if (!response || !response->ok()) return;
           const auto said = part_of(json_object(response->body), "memory_stats");
           // Podman gives the limit as "max_usage".
           for (const char* name : {"usage", host_.daemon->podman() ? "usage" : "max_usage"}) {
             const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(said, name)));
             it.usage.peak_memory = std::max(it.usage.peak_memory, bytes);
           }
           if (it.exit_code) return;
           it.look_at = Clock::now() + it.look_after;
           it.look_after = std::min<Clock::duration>(2 * it.look_after, kLongestAsk);
         }});
  }

  void finish_if_over(JobId id, Running& running) {
    if (!running.exit_code || !running.log_over || running.finishing) return;
    running.finishing = true;
    disconnect(running);
    finishers_.submit([this, id, &running] {
      auto ending = ending_of(running);
      if (ending) running.container.reset();
      post([&] {
        if (ending) early_stops_.erase(id);
        finished_.push_back({id, std::move(ending)});
      });
    });
  }

  // On a finisher's thread. Outputs are fetched and owned, the container is removed. None: it is not over. A Podman
  // that is being stopped answers who waits for a container's end, with the code 0.
  std::optional<Ending> ending_of(Running& running) {
    DaemonContainer& container = *running.container;
    Ending ending;
    ending.stopped = running.deadlines.stopped();
    ending.timed_out = running.deadlines.timed_out();
    ending.peak_memory = running.usage.peak_memory;
    const auto lost = [&](Error why) {
      if (why.kind == ErrorKind::NotFound) why.kind = ErrorKind::Unavailable;  // somebody removed it
      ending.lost = std::move(why);
      return ending;
    };
    if (!running.gone.empty()) return lost({ErrorKind::Unavailable, running.gone, {}});
    const auto state = container.state();
    if (!state && state.error().kind == ErrorKind::NotFound)
      return lost({ErrorKind::Unavailable, "its container was lost", {}});
    if (!state || (state->status != "exited" && state->status != "dead")) return std::nullopt;
    ending.exit_code = state->exit_code;
    ending.seconds = state->seconds > 0 ? state->seconds : running.seconds;
    const auto& limit = container.job().action->resources.memory;
    const bool killed = ending.exit_code == 137 && !ending.stopped && !ending.timed_out;
    // Daemons don't always say so. Who is killed by nobody we know, near a limit, was killed for it.
    const bool near_limit = limit && (running.usage.peak_memory == 0 || running.usage.peak_memory > *limit / 2);
    ending.out_of_memory = state->out_of_memory || running.usage.out_of_memory || (killed && near_limit);
    if (ending.out_of_memory && limit) ending.peak_memory = std::max(ending.peak_memory, *limit);
    if (auto taken = container.take_outputs(helper_); !taken) return lost(std::move(taken).error());
    if (auto removed = container.remove(); !removed) return lost(std::move(removed).error());
    return ending;
  }

  const DaemonHost host_;
  const std::string helper_;
  const Clock::duration grace_;  // after a timeout
  // With a daemon that went away; then the attempt is lost.
  const Clock::duration patience_ = environment_seconds("BOXCAR_DAEMON_TIMEOUT", seconds(60));
  EngineSink& sink_;
  const std::unique_ptr<HttpStreams> streams_;
  const std::unique_ptr<DaemonLeftovers> leftovers_;
  RunningMap running_;  // the loop's
  std::counting_semaphore<> places_{kStartsAtOnce};

  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  std::vector<Start> starts_;
  std::vector<std::pair<JobId, std::promise<void>>> abandoned_;
  std::vector<std::pair<JobId, Seconds>> stops_;
  std::map<JobId, Seconds> early_stops_;
  std::vector<Finish> finished_;
  std::atomic<bool> quitting_ = false;

  Pool finishers_{kFinishers};
  std::thread thread_;
};

Result<DaemonHost> host_of(std::shared_ptr<Daemon> daemon, const DaemonOptions& options) {
  if (!valid_utf8(options.store)) {
    return fail(ErrorKind::Invalid, daemon->name() + " cannot be told of " + in_quotes(options.store) +
                                        ", which is not UTF-8: use another place for the store");
  }
  DaemonHost host;
  host.daemon = std::move(daemon);
  host.store = options.store;
  host.run = options.run;
  return host;
}

}  // namespace

Result<std::unique_ptr<Engine>> make_daemon_engine(std::shared_ptr<Daemon> daemon, DaemonImageId image_id,
                                                   const DaemonOptions& options, EngineSink& sink) {
  TRY(DaemonHost host, host_of(std::move(daemon), options));
  host.image_id = std::move(image_id);
  TRY(const std::string helper, helper_image(*host.daemon));
  TRY(auto streams, HttpStreams::make(host.daemon->server()));
  TRY(host.visible, sees_store(host, helper));
  host.same_machine = host.daemon->address().unix_socket() && host.visible;
  TRY(auto leftovers, DaemonLeftovers::look(host, helper, options.claim));
  CHECK_OK(give_profiles(host, helper));
  return std::make_unique<DaemonEngine>(std::move(host), helper, options, sink, std::move(streams),
                                        std::move(leftovers));
}

Result<bool> end_daemon_run(std::shared_ptr<Daemon> daemon, DaemonOptions options, const std::set<Key>& keys) {
  TRY(const DaemonHost host, host_of(std::move(daemon), options));
  TRY(const std::string helper, helper_image(*host.daemon));
  return DaemonLeftovers::end(host, helper, keys, std::move(options.claim));
}

}  // namespace boxcar
