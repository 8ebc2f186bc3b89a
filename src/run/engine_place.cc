#include "run/engine_place.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "base/directory.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/mounts.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_directories.h"
#include "base/user_namespace.h"
#include "engine/daemon_engine.h"
#include "engine/embedded.h"
#include "engine/run_guard.h"
#include "engine/runtime.h"
#include "image/daemon_images.h"
#include "image/image_store.h"
#include "image/pulled_once.h"

namespace boxcar {

namespace {

class EmbeddedPlace final : public EnginePlace {
 public:
  std::string name() const override { return "embedded"; }
  bool host_visible() const override { return false; }

  Images& images(Pool& pool) override {
    if (!images_) pulled_.emplace(images_.emplace(ImageStore::default_directory(), pool));
    return *pulled_;
  }

  Result<void> prepare(const EngineCall& call) override { return prepared_ = prepare_embedded(options_of(call)); }

  Result<std::unique_ptr<Engine>> make(const EngineCall& call, EngineSink& sink) override {
    CHECK_OK(prepared_);
    const auto layers = [this](const Image& image) { return images_->layer_directories(image); };
    return make_embedded_engine(options_of(call), layers, sink);
  }

  Result<bool> end(const EngineCall& call, const std::set<Key>& /*keys*/) override { return end_dead_run(call.run); }

 private:
  static EmbeddedOptions options_of(const EngineCall& call) { return {"", call.run, call.grace}; }

  std::optional<ImageStore> images_;
  std::optional<PulledOnce> pulled_;  // images_, for others
  Result<void> prepared_;
};

// What Podman goes by. Everything else that the caller has may be a secret, and would go on into what Podman starts.
std::vector<std::string> podman_environment() {
  std::vector<std::string> kept;
  for (auto& text : entered_user_namespace() ? rootless_environment() : all_variables()) {
    const auto name = std::string_view(text).substr(0, text.find('='));
    const auto is = [&](std::string_view one) { return one.ends_with('_') ? name.starts_with(one) : name == one; };
    static constexpr std::string_view known[] = {"PATH",        "HOME",         "USER",
                                                 "LOGNAME",     "LANG",         "LC_",
                                                 "TMPDIR",      "XDG_",         "DBUS_SESSION_BUS_ADDRESS",
                                                 "CONTAINERS_", "_CONTAINERS_", "STORAGE_"};
    if (std::any_of(std::begin(known), std::end(known), is)) kept.push_back(std::move(text));
  }
  return kept;
}

constexpr int kServicePatience = 10'000;  // ms, with one that is to end

// `podman system service` for as long as the place lives, where nobody listens on Podman's socket.
class PodmanService {
 public:
  static Result<std::unique_ptr<PodmanService>> start() {
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    const std::string place = runtime.starts_with('/') ? runtime : "/tmp";
    remove_directories_of_the_dead(place);
    TRY(auto service, in_directory(place));
    TRY(const auto log, open_file(service->log(), O_WRONLY | O_CREAT | O_APPEND, 0600));
    SpawnOptions options;
    // Should this program be killed, it ends by itself a minute after its last request.
    options.argv = {"podman", "system", "service", "--time=60", "unix://" + service->socket()};
    options.env = podman_environment();
    options.stderr_fd = log.get();
    options.new_session = true;
    TRY(service->child_, spawn(options));
    (void)write_file(join_path(service->directory_, kPidFile), std::to_string(service->child_.pid), 0600);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    // That the socket is there does not say yet that somebody listens.
    TRY(const auto address, parse_daemon_address("unix://" + service->socket()));
    while (!Daemon::ping(address)) {
      if (interrupted()) return fail(interruption());
      pollfd ended{service->child_.pidfd.get(), POLLIN, 0};
      if (::poll(&ended, 1, 50) > 0) return fail(ErrorKind::Unavailable, service->failure("failed"));
      if (std::chrono::steady_clock::now() < deadline) continue;
      return fail(ErrorKind::Unavailable, service->failure("does not answer"));
    }
    return service;
  }
  ~PodmanService() {
    if (child_.pid > 0) {
      // The whole group: a user's Podman may begin itself anew, in a child.
      ::kill(-child_.pid, SIGTERM);
      pollfd ended{child_.pidfd.get(), POLLIN, 0};
      if (::poll(&ended, 1, kServicePatience) == 0) ::kill(-child_.pid, SIGKILL);
      (void)wait_for(child_);
    }
    (void)remove_tree(directory_);
  }
  PodmanService(const PodmanService&) = delete;
  PodmanService& operator=(const PodmanService&) = delete;

  std::string socket() const { return join_path(directory_, "podman.sock"); }

 private:
  static constexpr std::string_view kPrefix = "boxcar-podman-";
  static constexpr const char* kPidFile = "pid";

  PodmanService(std::string directory, UniqueFd held) : directory_(std::move(directory)), held_(std::move(held)) {}

  static Result<std::unique_ptr<PodmanService>> in_directory(const std::string& place) {
    for (;;) {
      std::string directory = join_path(place, std::string(kPrefix) + "XXXXXX");
      if (::mkdtemp(directory.data()) == nullptr) return fail_errno("making " + directory);
      auto held = held_directory(directory);
      struct stat info {};
      // Until it is held it looks like one of a dead boxcar, and may be removed as such.
      if (held && ::fstat(held.get(), &info) == 0 && info.st_nlink > 0)
        return std::unique_ptr<PodmanService>(new PodmanService(std::move(directory), std::move(held)));
    }
  }

  // Locked for as long as it is open. None: another has it, or there is no such directory.
  static UniqueFd held_directory(const std::string& directory) {
    UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) fd.reset();
    return fd;
  }

  // What boxcars of this user left that were killed.
  static void remove_directories_of_the_dead(const std::string& place) {
    for (const auto& name : names_in(place, true)) {
      if (!name.starts_with(kPrefix)) continue;
      const std::string directory = join_path(place, name);
      const auto held = held_directory(directory);
      struct stat info {};
      if (!held || ::fstat(held.get(), &info) != 0 || info.st_uid != ::geteuid()) continue;
      end_service(directory);
      (void)remove_tree(directory);
    }
  }

  // Of the dead, unless its number is another's by now.
  static void end_service(const std::string& directory) {
    const std::string pid = read_file(join_path(directory, kPidFile), 32).value_or("");
    const std::string call = read_file("/proc/" + pid + "/cmdline", 1 << 16).value_or("");
    const int number = std::atoi(pid.c_str());
    if (number > 1 && call.find(directory) != std::string::npos) ::kill(-number, SIGTERM);
  }

  std::string log() const { return join_path(directory_, "log"); }
  // A sentence, with the last that it said.
  std::string failure(const std::string& what) const {
    const std::string said = read_file(log(), 1 << 20).value_or("");
    const auto all = lines(said);
    return "'podman system service' " + what + (all.empty() ? "" : ": " + printable(all.back()));
  }

  const std::string directory_;
  const UniqueFd held_;
  Child child_;
};

class DaemonPlace final : public EnginePlace {
 public:
  static Result<std::unique_ptr<EnginePlace>> docker() {
    TRY(auto address, docker_address());
    return connect("docker", std::move(address), nullptr);
  }

  static Result<std::unique_ptr<EnginePlace>> podman() {
    auto address = podman_address();
    if (address || address.error().kind != ErrorKind::Unavailable || std::getenv("CONTAINER_HOST") != nullptr) {
      if (!address) return fail(std::move(address).error());
      return connect("podman", *std::move(address), nullptr);
    }
    if (!find_program("podman")) return fail(ErrorKind::Unavailable, "podman is not installed");
    TRY(auto service, PodmanService::start());
    TRY(address, parse_daemon_address("unix://" + service->socket()));
    return connect("podman", *std::move(address), std::move(service));
  }

  std::string name() const override { return name_; }
  bool host_visible() const override { return true; }
  std::shared_ptr<Daemon> daemon() const override { return daemon_; }
  // With threads of its own: those of who looked into an image first may be gone when it runs.
  Images& images(Pool& /*pool*/) override {
    if (!images_) {
      store_.emplace(ImageStore::default_directory(), pool_);
      const std::string place = service_ ? "podman system service" : daemon_->address().text;
      pulled_.emplace(images_.emplace(daemon_, place, *store_));
    }
    return *pulled_;
  }
  Result<void> prepare(const EngineCall& /*call*/) override { return {}; }

  Result<std::unique_ptr<Engine>> make(const EngineCall& call, EngineSink& sink) override {
    const auto id_of = [this](const Image& image) { return images_->id_of(image); };
    return make_daemon_engine(daemon_, id_of, {call.run, call.store, call.grace, call.claim}, sink);
  }

  Result<bool> end(const EngineCall& call, const std::set<Key>& keys) override {
    return end_daemon_run(daemon_, {call.run, call.store, call.grace, call.claim}, keys);
  }

 private:
  static Result<std::unique_ptr<EnginePlace>> connect(std::string name, DaemonAddress address,
                                                      std::unique_ptr<PodmanService> service) {
    // An ordinary user's store can be read in his namespace alone; without it the daemon's own images are left.
    std::ignore = enter_user_namespace();
    TRY(auto daemon, Daemon::connect(std::move(address)));
    return std::unique_ptr<EnginePlace>(new DaemonPlace(std::move(name), std::move(daemon), std::move(service)));
  }

  DaemonPlace(std::string name, std::shared_ptr<Daemon> daemon, std::unique_ptr<PodmanService> service)
      : name_(std::move(name)), service_(std::move(service)), daemon_(std::move(daemon)) {}

  const std::string name_;
  const std::unique_ptr<PodmanService> service_;  // ends last
  const std::shared_ptr<Daemon> daemon_;
  Pool pool_;
  std::optional<ImageStore> store_;
  std::optional<DaemonImages> images_;
  std::optional<PulledOnce> pulled_;  // images_, for others
};

// Whether the embedded engine can be expected to work.
Result<void> embedded_works() {
  TRY(const auto runtime, choose_runtime("", user_cache_directory()));
  return enter_private_mounts();
}

}  // namespace

Result<std::unique_ptr<EnginePlace>> EnginePlace::choose(const std::string& wanted) {
  // Who names a runtime means the engine that uses it.
  if (wanted == "embedded" || (wanted == "auto" && std::getenv("BOXCAR_RUNTIME") != nullptr)) {
    std::ignore = enter_user_namespace();  // make() says what is wrong
    return std::make_unique<EmbeddedPlace>();
  }
  if (wanted == "docker") return DaemonPlace::docker();
  if (wanted == "podman") return DaemonPlace::podman();
  const auto embedded = embedded_works();
  if (embedded) {
    auto place = std::make_unique<EmbeddedPlace>();
    place->why_ = "it works here, and needs no daemon";
    return place;
  }
  std::vector<std::string> reasons = {"embedded: " + embedded.error().text()};
  std::string why = "the embedded engine cannot be used: " + embedded.error().text();
  for (const auto make : {DaemonPlace::docker, DaemonPlace::podman}) {
    auto place = make();
    if (place) {
      (*place)->why_ = std::move(why);
      return place;
    }
    if (place.error().kind == ErrorKind::Cancelled) return place;
    reasons.push_back((make == DaemonPlace::docker ? "docker: " : "podman: ") + place.error().text());
    why += "; nor " + reasons.back();
  }
  return fail(Error{ErrorKind::Unavailable,
                    "there is no engine to run containers; 'boxcar doctor' says more",
                    {},
                    std::move(reasons)});
}

Result<std::unique_ptr<EnginePlace>> EnginePlace::choose_for_reading(const std::string& wanted) {
  auto place = choose(wanted);
  return !place && wanted == "auto" ? choose("embedded") : std::move(place);
}

Result<bool> EnginePlace::end_run(const std::string& name, const EngineCall& call, const std::set<Key>& keys) {
  // From outside the user namespace that it had: only there an ordinary user has power over its processes.
  if (name == "embedded") return EmbeddedPlace().end(call, keys);
  TRY(const auto place, choose(name));
  return place->end(call, keys);
}

}  // namespace boxcar
