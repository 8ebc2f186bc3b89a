#include "engine/daemon_engine.h"

#include <algorithm>
#include <atomic>
#include <climits>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/pool.h"
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
constexpr auto kReconnect = milliseconds(500);
constexpr auto kPatience = seconds(60);       // with a daemon that went away; then the attempt is lost
constexpr auto kLogPatience = seconds(10);    // with the log of a container that is over
constexpr auto kLastPatience = seconds(30);   // of the destructor
constexpr auto kFirstLook = milliseconds(5);  // at the memory; twice as long each time
constexpr auto kLongestLook = milliseconds(200);

class DaemonEngine final : public Engine {
 public:
  DaemonEngine(DaemonHost host, std::string helper, DaemonOptions options, EngineSink& sink,
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
    const Place place(*this);
    if (!stopped_early(id)) CHECK_OK(await_daemon(id));
    Arrival arrival;
    arrival.id = id;
    if (!stopped_early(id)) {
      TRY(arrival.container, begin(std::move(job)));
      TRY(const auto state, arrival.container->state());
      if (state.pid > 0 && host_.same_machine) arrival.pid = state.pid;
    }
    {
      const std::lock_guard lock(mutex_);
      arrivals_.push_back(std::move(arrival));
    }
    streams_->wake();
    return {};
  }

  void stop(JobId id, Seconds grace) override {
    {
      const std::lock_guard lock(mutex_);
      stops_.emplace_back(id, grace);
      early_stops_.insert(id);
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
    std::unique_ptr<DaemonContainer> container;  // null: stopped before it started
    pid_t pid = 0;
  };
  struct Finish {
    JobId id = 0;
    Ending ending;
  };
  // Only the loop's thread touches it, but for the container while it is being finished.
  struct Running {
    std::unique_ptr<DaemonContainer> container;
    Deadlines deadlines;
    pid_t pid = 0;  // 0: not to be seen
    std::optional<HttpStreams::Id> log, wait;
    DockerLog frames;
    std::size_t passed[2] = {0, 0};  // bytes of each stream that the sink has
    std::size_t skip[2] = {0, 0};    // that come again after a connection broke
    std::optional<ForeignCgroup> memory;
    Usage usage;
    Clock::duration look_after = kFirstLook;
    Deadlines::Due look_at, reconnect_at, give_up_log_at;
    Deadlines::Due lost_since;
    std::optional<int> exit_code;
    bool log_over = false;
    bool finishing = false;
    std::string gone;  // why there is no container any more
  };
  using RunningMap = std::map<JobId, Running>;

  // One of the few starts that go on at once.
  class Place {
   public:
    explicit Place(DaemonEngine& engine) : engine_(engine) {
      std::unique_lock lock(engine.mutex_);
      engine.place_.wait(lock, [&] { return engine.starting_ < kStartsAtOnce; });
      ++engine.starting_;
    }
    ~Place() {
      {
        const std::lock_guard lock(engine_.mutex_);
        --engine_.starting_;
      }
      engine_.place_.notify_one();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    DaemonEngine& engine_;
  };

  bool stopped_early(JobId id) {
    const std::lock_guard lock(mutex_);
    return early_stops_.contains(id) || quitting_;
  }

  // One that is just being restarted is waited for.
  Result<void> await_daemon(JobId id) {
    const auto deadline = Clock::now() + kPatience;
    for (;;) {
      const auto answer = host_.daemon->get("/_ping");
      if (answer || Clock::now() >= deadline || stopped_early(id))
        return answer ? Result<void>() : fail(answer.error());
      std::this_thread::sleep_for(kReconnect);
    }
  }

  Result<std::unique_ptr<DaemonContainer>> begin(Job job) {
    if (job.left_behind) return leftovers_->take_up(host_, std::move(job));
    TRY(auto container, DaemonContainer::create(host_, std::move(job)));
    CHECK_OK(container->start(helper_));
    return container;
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
    std::vector<std::pair<JobId, Seconds>> stops;
    std::vector<Finish> finished;
    {
      const std::lock_guard lock(mutex_);
      arrivals.swap(arrivals_);
      stops.swap(stops_);
      finished.swap(finished_);
      for (const auto& arrival : arrivals) {
        if (early_stops_.contains(arrival.id) && arrival.container) stops.emplace_back(arrival.id, Seconds(0));
      }
    }
    for (auto& arrival : arrivals) arrive(std::move(arrival));
    for (const auto& [id, grace] : stops) {
      const auto found = running_.find(id);
      if (found != running_.end()) found->second.deadlines.stop(std::chrono::duration_cast<Clock::duration>(grace));
    }
    for (const auto& one : finished) {
      running_.erase(one.id);
      sink_.ended(one.id, one.ending);
    }
  }

  void arrive(Arrival arrival) {
    if (!arrival.container) {
      Ending ending;
      ending.stopped = true;
      sink_.ended(arrival.id, ending);
      return;
    }
    Running& running = running_[arrival.id];
    running.container = std::move(arrival.container);
    running.deadlines.start(Clock::now(), running.container->job().action->timeout);
    running.pid = arrival.pid;
    if (running.pid > 0) running.memory = ForeignCgroup::of(running.pid);
    if (running.memory) running.look_at = Clock::now();
    sink_.started(arrival.id);
    follow(arrival.id, running);
  }

  // Asks for all that the container prints and for its end. After a connection broke what was passed on is skipped.
  void follow(JobId id, Running& running) {
    const std::string path = running.container->path();
    for (const int stream : {0, 1}) running.skip[stream] = running.passed[stream];
    running.frames = {};
    running.log = streams_->start({.path = path + "/logs?follow=1&stdout=1&stderr=1"},
                                  {[this, id](std::string_view bytes) { pass_on(id, bytes); },
                                   [this, id](const Result<HttpResponse>& response) {
                                     Running& it = running_.at(id);
                                     it.log.reset();
                                     if (!response && !it.exit_code) return disconnected(it);
                                     it.log_over = true;
                                     finish_if_over(id, it);
                                   }});
    running.wait = streams_->start({.method = "POST", .path = path + "/wait?condition=not-running"},
                                   {{}, [this, id](const Result<HttpResponse>& response) { note_exit(id, response); }});
  }

  void pass_on(JobId id, std::string_view bytes) {
    Running& running = running_.at(id);
    running.frames.feed(bytes, [&](Stream stream, std::string_view text) {
      const auto which = static_cast<std::size_t>(stream);
      const std::size_t known = std::min(running.skip[which], text.size());
      running.skip[which] -= known;
      text.remove_prefix(known);
      running.passed[which] += text.size();
      if (!text.empty()) sink_.output(id, stream, text);
    });
  }

  void note_exit(JobId id, const Result<HttpResponse>& response) {
    Running& running = running_.at(id);
    running.wait.reset();
    if (!response || (!response->ok() && response->status != 404)) return disconnected(running);
    running.lost_since.reset();
    if (response->status == 404) {
      running.gone = "its container was removed by somebody else";
      running.exit_code = -1;
      running.log_over = true;
    } else {
      running.exit_code = static_cast<int>(number_in(json_object(response->body), "StatusCode", -1));
      running.give_up_log_at = Clock::now() + kLogPatience;
    }
    running.look_at.reset();
    finish_if_over(id, running);
  }

  void disconnected(Running& running) {
    for (auto* stream : {&running.log, &running.wait}) {
      if (*stream) streams_->cancel(**stream);
      stream->reset();
    }
    const auto now = Clock::now();
    if (!running.lost_since) running.lost_since = now;
    running.reconnect_at = now + kReconnect;
  }

  void reconnect(JobId id, Running& running) {
    if (Clock::now() - *running.lost_since < kPatience && !quitting_) return follow(id, running);
    running.gone = host_.daemon->name() + " went away";
    running.exit_code = -1;
    running.log_over = true;
    finish_if_over(id, running);
  }

  void look_at_clock() {
    const auto now = Clock::now();
    const auto due = [now](Deadlines::Due& at) {
      if (!at || *at > now) return false;
      at.reset();
      return true;
    };
    for (auto& [id, running] : running_) {
      if (running.finishing) continue;
      if (due(running.look_at)) look_at_memory(running, now);
      if (due(running.reconnect_at)) reconnect(id, running);
      if (due(running.give_up_log_at)) {
        running.log_over = true;
        finish_if_over(id, running);
      }
      if (running.exit_code) continue;
      running.deadlines.check_timeout(now, grace_);
      if (running.deadlines.terminate_due(now)) {
        signal(running, running.pid > 0 && leaves_sigterm_to_the_kernel(running.pid) ? "SIGKILL" : "SIGTERM");
      }
      if (running.deadlines.kill_due(now)) {
        signal(running, "SIGKILL");
        running.deadlines.kill_again(now + seconds(1));
      }
    }
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

  void finish_if_over(JobId id, Running& running) {
    if (!running.exit_code || !running.log_over || running.finishing) return;
    running.finishing = true;
    if (running.log) streams_->cancel(*running.log);
    running.log.reset();
    finishers_.submit([this, id, &running] {
      Finish finish{id, ending_of(running)};
      running.container.reset();
      {
        const std::lock_guard lock(mutex_);
        finished_.push_back(std::move(finish));
        early_stops_.erase(id);
      }
      streams_->wake();
    });
  }

  // On a finisher's thread. Outputs are fetched and owned, the container is removed.
  Ending ending_of(Running& running) {
    DaemonContainer& container = *running.container;
    Ending ending;
    ending.exit_code = *running.exit_code;
    ending.stopped = running.deadlines.stopped();
    ending.timed_out = running.deadlines.timed_out();
    ending.peak_memory = running.usage.peak_memory;
    const auto lost = [&](std::string why) {
      ending.engine_error = std::move(why);
      ending.lost = true;
      return ending;
    };
    if (!running.gone.empty()) return lost(running.gone);
    const auto state = container.state();
    if (!state) return lost("its container was lost: " + state.error().text());
    ending.seconds = state->seconds;
    const auto& limit = container.job().action->resources.memory;
    const bool killed = ending.exit_code == 137 && !ending.stopped && !ending.timed_out;
    // Podman does not always say so. Who is killed by nobody we know, near a limit, was killed for it.
    const bool near_limit = limit && (running.usage.peak_memory == 0 || running.usage.peak_memory > *limit / 2);
    ending.out_of_memory = ending.exit_code != 0 && (state->out_of_memory || running.usage.out_of_memory ||
                                                     (killed && near_limit && host_.daemon->podman()));
    if (ending.out_of_memory && limit) ending.peak_memory = std::max(ending.peak_memory, *limit);
    if (auto taken = container.take_outputs(helper_); !taken) return lost(taken.error().text());
    if (auto removed = container.remove(); !removed) return lost(removed.error().text());
    return ending;
  }

  const DaemonHost host_;
  const std::string helper_;
  const Clock::duration grace_;  // after a timeout
  EngineSink& sink_;
  const std::unique_ptr<HttpStreams> streams_;
  const std::unique_ptr<DaemonLeftovers> leftovers_;
  RunningMap running_;  // the loop's

  std::mutex mutex_;
  std::condition_variable place_;
  unsigned starting_ = 0;
  std::vector<Arrival> arrivals_;
  std::vector<std::pair<JobId, Seconds>> stops_;
  std::set<JobId> early_stops_;
  std::vector<Finish> finished_;
  std::atomic<bool> quitting_ = false;

  Pool finishers_{kFinishers};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_daemon_engine(std::shared_ptr<Daemon> daemon, DaemonImageId image_id,
                                                   DaemonOptions options, EngineSink& sink) {
  DaemonHost host;
  host.store = options.store;
  host.run = options.run;
  host.image_id = std::move(image_id);
  TRY(const std::string helper, helper_image(*daemon));
  TRY(host.visible, sees_directory(*daemon, helper, options.store));
  host.same_machine = daemon->address().unix_socket() && host.visible;
  TRY(auto streams, HttpStreams::make(daemon->server()));
  host.daemon = std::move(daemon);
  TRY(auto leftovers, DaemonLeftovers::look(host, helper, options.claim));
  return std::make_unique<DaemonEngine>(std::move(host), helper, std::move(options), sink, std::move(streams),
                                        std::move(leftovers));
}

}  // namespace boxcar
