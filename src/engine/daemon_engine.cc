#include "engine/daemon_engine.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <semaphore>
#include <thread>

#include "base/pool.h"
#include "base/text.h"
#include "engine/daemon_attempt.h"
#include "engine/daemon_confinement.h"
#include "engine/daemon_container.h"
#include "engine/daemon_ending.h"
#include "engine/daemon_files.h"
#include "engine/daemon_helper.h"
#include "engine/daemon_leftovers.h"
#include "engine/daemon_pulse.h"
#include "engine/deadlines.h"
#include "engine/helper_binary.h"

namespace boxcar {

namespace {

using Clock = Deadlines::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr unsigned kStartsAtOnce = 4;  // more only wait for each other in the daemon
constexpr unsigned kFinishers = 4;
constexpr auto kAskAgain = milliseconds(500);  // a daemon that is not there
constexpr auto kLastPatience = seconds(30);    // of the destructor

class DaemonEngine final : public Engine {
 public:
  DaemonEngine(DaemonHost host, std::string helper, const DaemonOptions& options, EngineSink& sink,
               std::unique_ptr<HttpStreams> streams, std::unique_ptr<DaemonLeftovers> leftovers)
      : host_(std::move(host)),
        helper_(std::move(helper)),
        sink_(sink),
        streams_(std::move(streams)),
        leftovers_(std::move(leftovers)),
        shared_{host_,
                *streams_,
                sink_,
                clock_duration(options.grace),
                patience_,
                quitting_,
                [this](JobId id) { over(id); }},
        pulse_(*streams_) {
    thread_ = std::thread([this] { loop(); });
  }

  ~DaemonEngine() override {
    quitting_ = true;
    streams_->wake();
    thread_.join();
    finishers_.drain();
    for (auto& container : lost_) container->leave();
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
    remove_lost();
    const bool left_behind = job.left_behind;
    auto ready =
        left_behind ? leftovers_->take_up(host_, std::move(job)) : DaemonContainer::create(host_, std::move(job));
    if (!ready) return fail(judged(std::move(ready).error()));
    Container container = *std::move(ready);
    DaemonContainer* const made = container.get();
    if (!left_behind) CHECK_OK(made->send(helper_));
    // The loop attaches itself to a new container before it starts, so that not a byte of its output is missed.
    std::promise<Result<bool>> attached;
    auto attaching = attached.get_future();
    post([&] { arrivals_.push_back({id, std::move(container), left_behind, std::move(attached)}); });
    const Result<bool> is_attached = attaching.get();
    if (!is_attached) return abandon(id, fail(is_attached.error()));
    // Where that fails the start will say why.
    const bool from_log = !*is_attached;
    if (!left_behind) {
      if (from_log && made->has_secrets())
        return abandon(id, fail(ErrorKind::Unavailable, name() + " does not take the secrets of the step"));
      if (auto started = made->start(); !started) {
        Error error = std::move(started).error();
        if (error.kind == ErrorKind::Unavailable) error.message += made->may_run_on();
        return abandon(id, fail(judged(std::move(error))));
      }
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
  using Container = std::unique_ptr<DaemonContainer>;
  struct Arrival {
    JobId id = 0;
    Container container;  // null: stopped before it was made
    bool left_behind = false;
    std::promise<Result<bool>> attached;  // whether it is; an error: the daemon does not answer
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
      auto answer = host_.daemon->ping();
      if (answer || Clock::now() >= deadline || stopped_early(id)) return answer;
      std::this_thread::sleep_for(kAskAgain);
    }
  }

  // Why a container can't be had. Where boxcar's own helper does not run either, that is not the step's fault; where
  // something was lacking that is there again, trying again helps.
  Error judged(Error error) {
    if (give_lost_profiles(host_, helper_).value_or(false)) {
      const std::string lost = "boxcar's seccomp profiles were removed from " + name() + ", and are there again";
      return {ErrorKind::Unavailable, lost, {}};
    }
    if (error.kind != ErrorKind::Invalid || works_) return error;
    const auto ran = try_helper(*host_.daemon, daemon_labels(host_));
    works_ = ran.has_value();
    if (ran || !host_.daemon->ping()) return error;
    error.message += kNorTheHelper;
    error.kind = ErrorKind::Internal;
    return error;
  }

  // What attempts left with a daemon that did not answer, and does again now.
  void remove_lost() {
    std::vector<Container> lost;
    const std::lock_guard lock(mutex_);
    lost.swap(lost_);
  }

  template <class Change>
  void post(const Change& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    streams_->wake();
  }

  // It did not start: the loop forgets it, and it is removed, as soon as that can be.
  Result<void> abandon(JobId id, Result<void> error) {
    std::promise<Container> forgotten;
    auto container = forgotten.get_future();
    post([&] { abandoned_.emplace_back(id, std::move(forgotten)); });
    Container left = container.get();
    if (error.error().kind == ErrorKind::Unavailable || !left->remove()) {
      const std::lock_guard lock(mutex_);
      lost_.push_back(std::move(left));
    }
    return error;
  }

  void loop() {
    Deadlines::Due last;  // set when quitting
    for (;;) {
      streams_->wait(until_next());
      take_inbox();
      if (quitting_ && !last) {
        last = Clock::now() + kLastPatience;
        for (auto& [id, attempt] : attempts_) attempt->stop(Clock::duration::zero());
      }
      look();
      if (last && (attempts_.empty() || Clock::now() > *last)) return;
    }
  }

  milliseconds until_next() const {
    Deadlines::Due next = pulse_.next();
    for (const auto& [id, attempt] : attempts_) {
      const auto at = attempt->next();
      if (at && (!next || *at < *next)) next = at;
    }
    const auto longest = milliseconds(std::chrono::hours(1));
    if (!next) return longest;
    return std::clamp(std::chrono::ceil<milliseconds>(*next - Clock::now()), milliseconds(0), longest);
  }

  void take_inbox() {
    std::vector<Arrival> arrivals;
    std::vector<Start> starts;
    std::vector<std::pair<JobId, std::promise<Container>>> abandoned;
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
    for (const auto& start : starts) attempts_.at(start.id)->start(start.pid, start.from_log);
    for (auto& [id, forgotten] : abandoned) {
      forgotten.set_value(attempts_.at(id)->take_container());
      attempts_.erase(id);
    }
    for (const auto& [id, grace] : stops) {
      if (const auto found = attempts_.find(id); found != attempts_.end()) found->second->stop(clock_duration(grace));
    }
    for (const auto& one : finished) finish(one);
  }

  void arrive(Arrival arrival) {
    if (!arrival.container) {
      Ending ending;
      ending.stopped = true;
      sink_.ended(arrival.id, ending);
      return;
    }
    auto& attempt = attempts_[arrival.id];
    attempt = std::make_unique<DaemonAttempt>(shared_, arrival.id, std::move(arrival.container));
    if (arrival.left_behind) {
      arrival.attached.set_value(false);
    } else {
      attempt->attach(std::move(arrival.attached));
    }
  }

  void look() {
    const auto now = Clock::now();
    pulse_.look(now, !attempts_.empty());
    if (attempts_.empty()) {
      told_answers_ = true;  // the next one asks anew
    } else if (told_answers_ != pulse_.answers()) {
      told_answers_ = pulse_.answers();
      sink_.note(name() + (told_answers_ ? " answers" : " does not answer; waiting for it"));
    }
    const bool lost = pulse_.lost(now);
    for (auto& [id, attempt] : attempts_) {
      if (lost) attempt->lose();
      attempt->look(now);
    }
  }

  void over(JobId id) {
    finishers_.submit([this, id, end = attempts_.at(id)->end()] {
      auto ending = ending_of(end, helper_);
      if (ending && ending->lost && end.gone.empty()) (void)end.container->remove();
      post([&] {
        if (ending) early_stops_.erase(id);
        finished_.push_back({id, std::move(ending)});
      });
    });
  }

  void finish(const Finish& one) {
    if (!one.ending) return attempts_.at(one.id)->not_over();
    auto container = attempts_.at(one.id)->take_container();
    attempts_.erase(one.id);
    if (!container->path().empty()) {
      const std::lock_guard lock(mutex_);
      lost_.push_back(std::move(container));
    }
    sink_.ended(one.id, *one.ending);
  }

  const DaemonHost host_;
  const std::string helper_;
  // With a daemon that went away; then the attempt is lost.
  const Clock::duration patience_ = daemon_patience();
  EngineSink& sink_;
  const std::unique_ptr<HttpStreams> streams_;
  const std::unique_ptr<DaemonLeftovers> leftovers_;
  std::atomic<bool> quitting_ = false;
  std::atomic<bool> works_ = false;  // the helper ran
  const DaemonAttempt::Shared shared_;
  DaemonPulse pulse_;                                         // the loop's
  bool told_answers_ = true;                                  // the loop's
  std::map<JobId, std::unique_ptr<DaemonAttempt>> attempts_;  // the loop's
  std::counting_semaphore<> places_{kStartsAtOnce};

  std::mutex mutex_;
  std::vector<Arrival> arrivals_;
  std::vector<Start> starts_;
  std::vector<std::pair<JobId, std::promise<Container>>> abandoned_;
  std::vector<std::pair<JobId, Seconds>> stops_;
  std::map<JobId, Seconds> early_stops_;
  std::vector<Finish> finished_;
  std::vector<Container> lost_;  // that could not be removed

  Pool finishers_{kFinishers};
  std::thread thread_;
};

Result<DaemonHost> host_of(std::shared_ptr<Daemon> daemon, const DaemonOptions& options) {
  if (!valid_utf8(options.store)) {
    return fail(ErrorKind::Denied, daemon->name() + " cannot be told of " + in_quotes(options.store) +
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
  auto users = std::async(std::launch::async, [daemon = host.daemon] { return daemon->users(); });  // takes Podman long
  TRY(const std::string helper, helper_image(*host.daemon));
  TRY(auto streams, HttpStreams::make(host.daemon->server()));
  TRY(host.visible, sees_store(host, helper));
  host.same_machine = host.daemon->address().unix_socket() && host.visible;
  CHECK_OK(give_profiles(host, helper));
  TRY(host.users, users.get());
  TRY(auto leftovers, DaemonLeftovers::look(host, helper, options.claim));
  return std::make_unique<DaemonEngine>(std::move(host), helper, options, sink, std::move(streams),
                                        std::move(leftovers));
}

Result<bool> end_daemon_run(std::shared_ptr<Daemon> daemon, DaemonOptions options, const std::set<Key>& keys) {
  TRY(DaemonHost host, host_of(std::move(daemon), options));
  TRY(host.users, host.daemon->users());
  TRY(const std::string helper, helper_image(*host.daemon));
  return DaemonLeftovers::end(host, helper, keys, std::move(options.claim));
}

}  // namespace boxcar
