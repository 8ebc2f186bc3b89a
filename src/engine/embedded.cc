#include "engine/embedded.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/kernel.h"
#include "base/mounts.h"
#include "base/user_directories.h"
#include "base/user_namespace.h"
#include "engine/container.h"
#include "engine/deadlines.h"
#include "engine/helper_binary.h"
#include "engine/run_guard.h"
#include "engine/trial.h"

namespace boxcar {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kAgain = milliseconds(5);  // how long to wait before looking again whether something is gone
constexpr auto kLastPatience = std::chrono::seconds(30);  // of the destructor; then the watcher must do
constexpr std::size_t kReadSize = 64 << 10;
constexpr int kReadsInARow = 16;  // then other containers have their turn
constexpr JobId kTrial = 0;       // the job of the engine's own, of which the sink hears nothing

// What an event of epoll is about: a job's number and which of its descriptors.
enum class Source : std::uint64_t { Out = 0, Err = 1, Exit = 2, Wake = 3 };
constexpr std::uint64_t tag(JobId id, Source source) {
  return id << 2 | static_cast<std::uint64_t>(source);
}

// Groups are for root to give: those of version 2 systemd passes on to users in their own sessions.
std::string advice_on_cgroups() {
  if (!rootless()) return "";
  const auto mounts = mount_points();
  const bool version_1 = mounts && std::any_of(mounts->begin(), mounts->end(),
                                               [](const MountPoint& mount) { return mount.type == "cgroup"; });
  return version_1 ? " (with cgroups of version 1 only root may)"
                   : "; start it in a group of its own: systemd-run --user --scope -p Delegate=yes boxcar …";
}

class EmbeddedEngine final : public Engine {
 public:
  EmbeddedEngine(ContainerHost host, ImageLayers layers, Seconds grace, EngineSink& sink, UniqueFd epoll, UniqueFd wake)
      : host_(std::move(host)),
        layers_(std::move(layers)),
        grace_(clock_duration(grace)),
        sink_(sink),
        epoll_(std::move(epoll)),
        wake_(std::move(wake)) {
    watch(wake_.get(), tag(0, Source::Wake));
    thread_ = std::thread([this] { loop(); });
  }

  ~EmbeddedEngine() override {
    {
      const std::lock_guard lock(mutex_);
      quitting_ = true;
    }
    wake();
    thread_.join();
    if (const RunGuard* guard = run_guard()) guard->end_containers(1);
  }

  Result<void> start(Job job) override {
    TRY(const auto layers, layers_(*job.action->image));
    TRY(auto container, Container::prepare(std::move(job), layers, host_));
    {
      const std::lock_guard lock(mutex_);
      arrivals_.push_back(std::move(container));
    }
    wake();
    return {};
  }

  void stop(JobId id, Seconds grace) override {
    {
      const std::lock_guard lock(mutex_);
      stops_.emplace_back(id, grace);
    }
    wake();
  }

  std::string name() const override { return "embedded (" + host_.runtime.version + ")"; }

  std::vector<std::string> notes() const override {
    if (!host_.one_id) return {};
    const std::string why = why_one_id();
    return {"all files in containers belong to one user" + (why.empty() ? "" : ", since " + why)};
  }

  std::string without_limits() const override {
    const bool memory = host_.cgroups->limits_memory();
    const bool cpu = host_.cgroups->limits_cpu();
    if (memory && cpu) return "";
    return std::string(memory ? "the CPU cannot be limited"
                       : cpu  ? "memory can be neither limited nor measured"
                              : "neither memory nor the CPU can be limited, and the memory used is not measured") +
           ": boxcar may make no cgroup here" + advice_on_cgroups();
  }

 private:
  // A launched container. Only the loop's thread touches it.
  struct Running {
    std::unique_ptr<Container> container;
    Clock::time_point started;
    Deadlines deadlines;
    Deadlines::Due again_at;       // when to look again whether it is gone
    std::optional<Exit> exit;      // of the runtime
    std::optional<Ending> ending;  // from when it was gone until all of it is removed
    double seconds = 0;
    bool began = false;  // with the ending
  };
  using RunningMap = std::map<JobId, Running>;

  void wake() {
    const std::uint64_t one = 1;
    while (::write(wake_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
  }

  void watch(int fd, std::uint64_t what) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = what;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void loop() {
    std::array<epoll_event, 64> events{};
    std::optional<Clock::time_point> last;  // set when quitting
    for (;;) {
      const int n = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_milliseconds());
      for (int i = 0; i < n; ++i) handle(events[static_cast<std::size_t>(i)].data.u64);
      if (take_inbox() && !last) {
        last = Clock::now() + kLastPatience;
        for (auto& [id, running] : running_) running.deadlines.stop(Clock::duration::zero());
      }
      handle_deadlines();
      if (last && (running_.empty() || Clock::now() > *last)) return;
    }
  }

  int wait_milliseconds() const {
    Deadlines::Due next;
    for (const auto& [id, running] : running_) {
      for (const auto& at : {running.deadlines.next(), running.again_at}) {
        if (at && (!next || *at < *next)) next = at;
      }
    }
    if (!next) return -1;
    const auto left = std::chrono::ceil<milliseconds>(*next - Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
  }

  // What other threads asked for. True: the engine is to end.
  bool take_inbox() {
    std::vector<std::unique_ptr<Container>> arrivals;
    std::vector<std::pair<JobId, Seconds>> stops;
    bool quitting = false;
    {
      const std::lock_guard lock(mutex_);
      arrivals.swap(arrivals_);
      stops.swap(stops_);
      quitting = quitting_;
    }
    for (const auto& [id, grace] : stops) early_stops_.insert(id);
    for (auto& container : arrivals) arrive(std::move(container), quitting);
    for (const auto& [id, grace] : stops) {
      const auto found = running_.find(id);
      if (found == running_.end()) continue;  // ended, or not yet come: then it stays among the early stops
      early_stops_.erase(id);
      found->second.deadlines.stop(clock_duration(grace));
    }
    return quitting;
  }

  void arrive(std::unique_ptr<Container> container, bool quitting) {
    const JobId id = container->job().id;
    Ending ending;
    if (early_stops_.erase(id) != 0 || quitting) {
      ending.stopped = true;
    } else if (auto launched = container->launch(); !launched) {
      ending.engine_error = explained(launched.error().text(), container->job());
    } else {
      watch(container->output(Stream::Out).get(), tag(id, Source::Out));
      watch(container->output(Stream::Err).get(), tag(id, Source::Err));
      watch(container->pidfd(), tag(id, Source::Exit));
      Running& running = running_[id];
      running.started = Clock::now();
      running.deadlines.start(running.started, container->job().action->timeout);
      running.container = std::move(container);
      if (id != kTrial) sink_.started(id);
      return;
    }
    std::ignore = container->remove();
    end(container->job(), ending, false);
  }

  // What could not even begin may be to blame on the step, or on the engine: where boxcar's own helper does not run
  // either, it is the engine.
  void end(const Job& job, const Ending& ending, bool began) {
    works_ = works_ || began;
    if (job.id == kTrial) return judge(ending);
    const bool failed = ending.exit_code != 0 || !ending.engine_error.empty();
    if (works_ || !failed || ending.stopped || ending.timed_out || ending.out_of_memory)
      return sink_.ended(job.id, ending);
    doubtful_.emplace_back(job.id, ending);
    if (doubtful_.size() == 1) try_helper(job);
  }

  void try_helper(const Job& job) {
    const auto made = [&]() -> Result<std::unique_ptr<Container>> {
      const std::string directory = job.directory + ".trial";
      TRY(const auto layers, trial_layers(directory));
      return Container::prepare(trial_job(kTrial, job.name.run, directory, job.shared), layers, host_);
    };
    auto container = made();
    if (container) return arrive(*std::move(container), false);
    Ending ending;
    ending.engine_error = container.error().text();
    judge(ending);
  }

  void judge(const Ending& trial) {
    works_ = works_ || trial.succeeded();
    for (auto& [id, ending] : std::exchange(doubtful_, {})) {
      if (!works_ && !trial.stopped) {
        const std::string why =
            !ending.engine_error.empty()
                ? ending.engine_error
                : host_.runtime.path + " exits with code " + std::to_string(ending.exit_code) + " and starts nothing";
        ending.lost = Error{ErrorKind::Internal, why + kNorTheHelper, {}};
      }
      sink_.ended(id, ending);
    }
  }

  void handle(std::uint64_t what) {
    const auto source = static_cast<Source>(what & 3);
    if (source == Source::Wake) {
      std::uint64_t count = 0;
      std::ignore = ::read(wake_.get(), &count, sizeof count);
      return;
    }
    const auto found = running_.find(what >> 2);
    if (found == running_.end()) return;  // ended by an earlier event of the same round
    if (source == Source::Exit) {
      note_exit(found);
    } else {
      pass_on(found->second, source == Source::Out ? Stream::Out : Stream::Err, kReadsInARow);
    }
  }

  // Gives the sink what a pipe holds, at most `reads` pieces of it.
  void pass_on(Running& running, Stream stream, int reads) {
    UniqueFd& pipe = running.container->output(stream);
    for (int i = 0; i < reads && pipe; ++i) {
      const ssize_t n = ::read(pipe.get(), buffer_.data(), buffer_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) return pipe.reset();
      const JobId id = running.container->job().id;
      if (id != kTrial) sink_.output(id, stream, {buffer_.data(), static_cast<std::size_t>(n)});
    }
  }

  void handle_deadlines() {
    const auto now = Clock::now();
    for (auto next = running_.begin(); next != running_.end();) {
      const auto at = next++;
      Running& running = at->second;
      running.deadlines.check_timeout(now, grace_);
      if (running.deadlines.terminate_due(now) && !running.container->terminate())
        running.deadlines.terminate_again(now + kAgain);
      if (running.deadlines.kill_due(now)) {
        running.container->kill();
        running.deadlines.kill_again(now + 10 * kAgain);
      }
      if (running.again_at && *running.again_at <= now) {
        running.again_at.reset();
        end_if_gone(at);
      }
    }
  }

  void note_exit(RunningMap::iterator at) {
    Running& running = at->second;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, running.container->pidfd(), nullptr);
    running.seconds = std::chrono::duration<double>(Clock::now() - running.started).count();
    running.exit = running.container->reap().value_or(Exit{});
    end_if_gone(at);
  }

  void end_if_gone(RunningMap::iterator at) {
    Running& running = at->second;
    if (!running.container->gone()) {
      // The runtime ended before its container: somebody killed it.
      running.container->kill();
      running.again_at = Clock::now() + kAgain;
      return;
    }
    // Nobody is left who could write: a pipe holds at most its size.
    for (const Stream stream : {Stream::Out, Stream::Err}) pass_on(running, stream, INT_MAX);
    if (!running.ending) {
      running.began = running.container->began();
      running.ending = ending_of(running);
    }
    if (!running.container->remove()) {
      running.again_at = Clock::now() + kAgain;
      return;
    }
    const Running gone = std::move(running);
    running_.erase(at);
    end(gone.container->job(), *gone.ending, gone.began);
  }

  static Ending ending_of(const Running& running) {
    Ending ending;
    ending.exit_code = running.exit->code;
    ending.seconds = running.seconds;
    ending.stopped = running.deadlines.stopped();
    ending.timed_out = running.deadlines.timed_out();
    const Usage usage = running.container->usage();
    ending.peak_memory = usage.peak_memory;
    const bool failed = ending.exit_code != 0;
    ending.out_of_memory = usage.out_of_memory;
    if (failed && !ending.stopped && !ending.timed_out && !ending.out_of_memory) {
      const std::string why = running.container->runtime_error();
      if (!why.empty())
        ending.engine_error = "the container could not be run: " + explained(why, running.container->job());
    }
    return ending;
  }

  // The runtime lives within the container's limit until the program starts.
  static std::string explained(const std::string& why, const Job& job) {
    const auto& limit = job.action->needs.limits.memory;
    if (!limit || why.find("annot allocate memory") == std::string::npos) return why;
    return why + " (its memory limit of " + human_bytes(*limit) + " is too small to start a container in)";
  }

  const ContainerHost host_;
  const ImageLayers layers_;
  const Clock::duration grace_;  // after a timeout
  EngineSink& sink_;
  const UniqueFd epoll_;
  const UniqueFd wake_;
  std::array<char, kReadSize> buffer_{};
  RunningMap running_;
  std::set<JobId> early_stops_;
  bool works_ = false;                              // a container began
  std::vector<std::pair<JobId, Ending>> doubtful_;  // that never began, until the helper was tried

  std::mutex mutex_;
  std::vector<std::unique_ptr<Container>> arrivals_;
  std::vector<std::pair<JobId, Seconds>> stops_;
  bool quitting_ = false;
  std::thread thread_;
};

// Where a file of /etc really lies; "" when there is none.
std::string real_file(const char* path) {
  char* real = ::realpath(path, nullptr);
  const std::string found = real == nullptr ? "" : real;
  ::free(real);
  return found;
}

Result<void> name_services(ContainerHost& host) {
  const std::string shared = join_path(host.state, "hosts");
  const std::string alone = join_path(host.state, "hosts.none");
  const std::string loopback = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n";
  const std::string own = "127.0.1.1 boxcar\n";  // programs look up their own host name
  std::string hosts = read_file("/etc/hosts", 16 << 20).value_or(loopback);
  if (!hosts.ends_with('\n')) hosts += '\n';
  CHECK_OK(write_file(shared, hosts + own));
  CHECK_OK(write_file(alone, loopback + own));
  host.network_files = {{shared, "/etc/hosts", false, false}};
  host.no_network_files = {{alone, "/etc/hosts", false, false}};
  if (const auto resolver = real_file("/etc/resolv.conf"); !resolver.empty()) {
    host.network_files.push_back({resolver, "/etc/resolv.conf", false, false});
  }
  return {};
}

bool has_domain() {
  utsname name{};
  ::uname(&name);
  const std::string_view domain = name.domainname;
  return !domain.empty() && domain != "(none)";
}

}  // namespace

Result<void> prepare_embedded(const EmbeddedOptions& options) {
  return prepare_run(options.run);
}

Result<std::unique_ptr<Engine>> make_embedded_engine(const EmbeddedOptions& options, ImageLayers layers,
                                                     EngineSink& sink) {
  const RunGuard* guard = run_guard();
  if (guard == nullptr) return fail(ErrorKind::Internal, "prepare_embedded() was not called");
  ContainerHost host;
  TRY(host.runtime, choose_runtime(options.runtime, user_cache_directory()));
  host.state = guard->state;
  host.cgroups = &guard->cgroups;
  static std::atomic<int> engines = 0;  // a process may have several, also at once
  const std::string own = join_path(host.state, "engine." + std::to_string(++engines));
  host.places = std::make_shared<MountPlaces>(join_path(own, "places"));
  host.roots = std::make_shared<Roots>(join_path(own, "roots"));
  host.recursive_readonly = has_mount_setattr();
  host.rootless = rootless();
  host.one_id = host.rootless && has_one_id();
  host.reset_domain = has_domain() && !host.rootless;  // which only root of the machine may write
  CHECK_OK(name_services(host));
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll || !wake) return fail_errno("making an event queue");
  return std::make_unique<EmbeddedEngine>(std::move(host), std::move(layers), options.grace, sink, std::move(epoll),
                                          std::move(wake));
}

}  // namespace boxcar
