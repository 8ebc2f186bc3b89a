// The embedded engine must be prepared before any thread is started, so its tests have a main of their own; and what
// they share.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/fd.h"
#include "base/mounts.h"
#include "base/process.h"
#include "engine/run_guard.h"
#include "engine/testing.h"

namespace boxcar::testing {

namespace fs = std::filesystem;

void make_busybox_tree(const std::string& directory) {
  fs::create_directories(directory + "/bin");
  fs::create_directories(directory + "/etc");
  fs::copy_file("/bin/busybox", directory + "/bin/busybox");
  SpawnOptions options;
  options.argv = {"/bin/busybox", "--list"};
  const auto applets = run_program(options);
  for (std::string_view rest = applets->out; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (name != "busybox") fs::create_symlink("busybox", directory + "/bin/" + name);
  }
  std::ignore = write_file(directory + "/etc/passwd",
                           "root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1001::/home/worker:/bin/sh\n");
  std::ignore =
      write_file(directory + "/etc/group", "root:x:0:\nworker:x:1001:\ndata:x:2000:other,worker\nlast:x:3000:worker\n");
}

std::shared_ptr<Action> make_action(std::vector<std::string> argv) {
  auto image = std::make_shared<Image>();
  image->reference = "docker.io/test/busybox:latest";
  image->architecture = "amd64";
  auto action = std::make_shared<Action>();
  action->image = image;
  action->argv = std::move(argv);
  action->env = {"PATH=/bin"};
  action->working_dir = "/";
  return action;
}

std::shared_ptr<Action> make_shell(const std::string& script) {
  return make_action({"/bin/sh", "-c", script, test_run()});
}

void RememberingSink::started(JobId id) {
  const std::lock_guard lock(mutex_);
  ++seen_[id].started;
  changed_.notify_all();
}

void RememberingSink::output(JobId id, Stream stream, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[id];
  if (seen.started != 1 || seen.ended != 0) seen.after_end = true;
  std::string& text = stream == Stream::Out ? seen.out : seen.err;
  if (stream == Stream::Out) seen.out_bytes += bytes.size();
  text += bytes.substr(0, (1 << 20) - std::min<std::size_t>(text.size(), 1 << 20));
  changed_.notify_all();
}

void RememberingSink::ended(JobId id, const Ending& ending) {
  const std::lock_guard lock(mutex_);
  ++seen_[id].ended;
  seen_[id].ending = ending;
  changed_.notify_all();
}

RememberingSink::Seen RememberingSink::wait(JobId id) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(60), [&] { return seen_[id].ended > 0; })) {
    ADD_FAILURE() << "job " << id << " does not end";
  }
  return seen_[id];
}

void RememberingSink::wait_for_output(JobId id, const std::string& text) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return seen_[id].out.find(text) != std::string::npos || seen_[id].ended > 0; };
  if (!changed_.wait_for(lock, std::chrono::seconds(30), there) || seen_[id].ended > 0) {
    ADD_FAILURE() << "job " << id << " does not print " << text << ": " << seen_[id].out << seen_[id].err;
  }
}

RememberingSink::Seen RememberingSink::now(JobId id) {
  const std::lock_guard lock(mutex_);
  return seen_[id];
}

namespace {

// Ends with the process.
struct DaemonProcess {
  TemporaryDirectory directory;
  Child child;

  ~DaemonProcess() {
    if (child.pid < 0) return;
    ::kill(child.pid, SIGTERM);
    (void)wait_for(child);
  }
};

std::map<std::string, DaemonProcess>& daemon_processes() {
  static std::map<std::string, DaemonProcess> processes;
  return processes;
}

// The busybox tree as the daemon's image "test/busybox", unless it has it.
Result<void> give_image(Daemon& daemon, const std::string& tree) {
  if (daemon.get("/images/test/busybox/json")) return {};
  SpawnOptions options;
  options.argv = {"tar", "-c", "-C", tree, "--owner=0", "--group=0", "."};
  TRY(const auto tar, run_program(std::move(options)));
  CHECK_OK(daemon.call({.method = "POST",
                        .path = "/images/create?fromSrc=-&repo=test/busybox&tag=latest",
                        .headers = {"Content-Type: application/x-tar"},
                        .body = tar.out}));
  return {};
}

}  // namespace

pid_t test_daemon_pid(const std::string& kind) {
  return daemon_processes()[kind].child.pid;
}

std::shared_ptr<Daemon> test_daemon(const std::string& kind) {
  static std::map<std::string, std::shared_ptr<Daemon>> daemons;
  if (daemons.contains(kind)) return daemons[kind];
  DaemonProcess& process = daemon_processes()[kind];
  SpawnOptions options;
  options.argv = {BOXCAR_SOURCE_DIR "/tests/start_daemon.sh", kind, process.directory.path()};
  auto child = spawn(options);
  if (!child) {
    ADD_FAILURE() << child.error().text();
    return nullptr;
  }
  process.child = *std::move(child);
  const auto address = parse_daemon_address("unix://" + process.directory / (kind + ".sock"));
  for (int i = 0; i < 600; ++i) {
    if (auto daemon = Daemon::connect(*address)) return daemons[kind] = *std::move(daemon);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ADD_FAILURE() << kind << " does not start";
  return nullptr;
}

EngineFixture::EngineFixture(const std::string& kind)
    : daemon(kind == "docker" || kind == "podman" ? test_daemon(kind) : nullptr), layers{scratch / "layer"} {
  make_busybox_tree(layers[0]);
  Result<std::unique_ptr<Engine>> made;
  if (daemon) {
    const auto given = give_image(*daemon, layers[0]);
    if (!given) ADD_FAILURE() << given.error().text();
    const auto id_of = [](const Image&) -> Result<std::string> { return std::string("test/busybox"); };
    const auto claim = [](const std::string&) { return false; };
    made = make_daemon_engine(daemon, id_of, {test_run(), scratch.path(), Seconds(10), claim}, sink);
  } else {
    EmbeddedOptions options;
    options.runtime = kind;
    options.run = test_run();
    made = make_embedded_engine(
        options, [this](const Image&) { return layers; }, sink);
  }
  if (!made) ADD_FAILURE() << made.error().text();
  engine = *std::move(made);
}

std::string EngineFixture::processes() const {
  std::string found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string command = read_file(entry.path() / "cmdline").value_or("");
    if (command.find(test_run() + '\0') != std::string::npos) found += entry.path().string() + " ";
  }
  return found;
}

std::string EngineFixture::traces(JobId id) const {
  std::string found;
  const auto mounts = mount_points();
  for (const auto& mount : mounts.value()) {
    if (mount.target.starts_with(scratch.path())) found += "mount " + mount.target + "\n";
  }
  if (daemon) {
    const auto listed = daemon->get("/containers/json?all=1");
    if (!listed || listed->body.find(scratch.path()) != std::string::npos) found += "container\n";
    return found;
  }
  for (const auto& name : {std::to_string(id), "runtime/" + std::to_string(id)}) {
    if (exists(run_guard()->state + "/" + name)) found += "state " + name + "\n";
  }
  for (const auto& hierarchy : usable_hierarchies(mount_points().value(), read_file("/proc/self/cgroup").value())) {
    const std::string group = hierarchy.base + "/boxcar/" + test_run() + "/" + std::to_string(id);
    if (exists(group)) found += "cgroup " + group + "\n";
  }
  return found;
}

Job EngineFixture::job(std::shared_ptr<const Action> action) {
  static JobId next = 1;
  Job job;
  job.id = next++;
  job.action = std::move(action);
  job.name = {test_run(), "step", static_cast<int>(job.id)};
  job.directory = scratch / ("job" + std::to_string(job.id));
  job.shared = scratch / "shared";
  return job;
}

RememberingSink::Seen EngineFixture::run(std::shared_ptr<const Action> action, std::vector<Mount> mounts) {
  Job next = job(std::move(action));
  next.mounts = std::move(mounts);
  const JobId id = next.id;
  if (auto begun = engine->start(std::move(next)); !begun) {
    RememberingSink::Seen seen;
    seen.ending.exit_code = -1;
    seen.ending.engine_error = begun.error().text();
    return seen;
  }
  return sink.wait(id);
}

std::string test_run() {
  return "test-" + std::to_string(::getpid());
}

std::string leftovers(const std::string& run) {
  std::string found;
  if (exists("/run/boxcar/runs/" + run)) found += "the lock of the run\n";
  for (const auto& hierarchy : usable_hierarchies(mount_points().value(), read_file("/proc/self/cgroup").value())) {
    const std::string group = hierarchy.base + "/boxcar/" + run;
    if (!exists(group)) continue;
    found += "the cgroup " + group + "\n";
    // It may be going away at this moment.
    std::error_code gone;
    for (fs::recursive_directory_iterator at(group, gone), end; !gone && at != end; at.increment(gone)) {
      if (at->path().filename() != "cgroup.procs") continue;
      const std::string pids = read_file(at->path()).value_or("");
      if (!pids.empty()) found += "processes " + pids + "\n";
    }
  }
  return found;
}

namespace {

// What lifecycle_test.cc kills: a runner with one container that does not end by itself.
int run_until_killed(const std::string& runtime, const std::string& ready) {
  // Whoever kills it removes its directory.
  ::setenv("TMPDIR", std::string(directory_name(ready)).c_str(), 1);
  EngineFixture on(runtime);
  Job job = on.job(make_action({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done", ready}));
  const JobId id = job.id;
  if (!on.engine->start(std::move(job))) return 1;
  on.sink.wait_for_output(id, "ready");
  if (!write_file(ready, "")) return 1;
  on.sink.wait(id);
  return 1;
}

}  // namespace

}  // namespace boxcar::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  boxcar::EmbeddedOptions options;
  options.run = boxcar::testing::test_run();
  if (auto prepared = boxcar::prepare_embedded(options); !prepared) {
    std::fprintf(stderr, "%s\n", prepared.error().text().c_str());
    return 1;
  }
  if (argc == 4 && std::string(argv[1]) == "--runner") return boxcar::testing::run_until_killed(argv[2], argv[3]);
  return RUN_ALL_TESTS();
}
