// How containers end: by themselves, by limits, by us, by the death of their runner; and what they print meanwhile.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/fd.h"
#include "base/mounts.h"
#include "base/process.h"
#include "engine/embedded.h"
#include "engine/run_guard.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

using namespace std::chrono_literals;

// A zombie is nobody: where its parent was killed it waits for the machine's first process.
bool alive(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status").value_or("State:\tZ");
  return status.find("State:\tZ") == std::string::npos;
}

class LifecycleTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Starts the script and gives the number of its first process on the host, once it has printed "ready".
  pid_t start_and_wait(Job job) {
    const JobId id = job.id;
    const auto begun = on.engine->start(std::move(job));
    EXPECT_TRUE(begun) << begun.error().text();
    on.sink.wait_for_output(id, "ready");
    // crun writes the file a moment after the container has begun.
    pid_t init = -1;
    for (int i = 0; i < 1000 && init < 0; ++i) {
      init = container_init(run_guard()->state + "/" + std::to_string(id) + "/pid");
      if (init < 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_GT(init, 1);
    return init;
  }

  EngineFixture on{GetParam()};
};

TEST_P(LifecycleTest, AMemoryLimitTooSmallForTheRuntimeIsSaidAsSuch) {
  auto action = make_shell("true");
  action->needs.limits.memory = 4096;
  const auto seen = on.run(action);
  EXPECT_THAT(seen.ending.engine_error,
              testing::HasSubstr("memory limit of 4.0 KiB is too small to start a container"));
}

TEST_P(LifecycleTest, AKilledRuntimeTakesItsContainerAlong) {
  Job job = on.job(make_shell("echo ready; sleep 300"));
  const JobId id = job.id;
  const pid_t init = start_and_wait(std::move(job));
  const std::string status = read_file("/proc/" + std::to_string(init) + "/status").value();
  const pid_t runtime = std::stoi(status.substr(status.find("PPid:") + 5));
  ASSERT_EQ(::kill(runtime, SIGKILL), 0);
  const auto seen = on.sink.wait(id);
  EXPECT_EQ(seen.ending.exit_code, 137);
  EXPECT_FALSE(alive(init));
  EXPECT_EQ(on.traces(id), "");
}

// Another process, prepared in its turn, that runs a container until it is killed.
class OtherRunner {
 public:
  OtherRunner(const std::string& runtime, std::string ready) : ready_(std::move(ready)) {
    SpawnOptions options;
    options.argv = {fs::read_symlink("/proc/self/exe"), "--runner", runtime, ready_};
    auto child = spawn(options);
    EXPECT_TRUE(child) << child.error().text();
    child_ = *std::move(child);
    EXPECT_TRUE(within([&] { return exists(ready_); })) << "the runner does not start";
  }
  void kill() {
    ASSERT_EQ(::kill(child_.pid, SIGKILL), 0);
    ASSERT_TRUE(wait_for(child_));
  }
  void kill_with_watcher() {
    pid_t killed = -1;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string status = read_file(entry.path() / "status").value_or("");
      const bool watcher = status.starts_with("Name:\tboxcar-watcher\n") &&
                           status.find("\nPPid:\t" + std::to_string(child_.pid) + "\n") != std::string::npos;
      if (!watcher) continue;
      killed = std::stoi(entry.path().filename());
      ::kill(killed, SIGKILL);
    }
    ASSERT_GT(killed, 0) << "the runner has no watcher";
    kill();
    // The lock is held until both are gone.
    EXPECT_TRUE(within([&] { return !alive(killed); }));
  }
  std::string run() const { return "test-" + std::to_string(child_.pid); }
  // Its container's processes carry the name of its file in their arguments.
  std::string processes() const {
    std::string found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      if (read_file(entry.path() / "cmdline").value_or("").find(ready_) != std::string::npos)
        found += entry.path().string() + " ";
    }
    return found;
  }
  static bool within(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
    return condition();
  }

 private:
  std::string ready_;
  Child child_;
};

TEST_P(LifecycleTest, AKilledRunnerLeavesNothing) {
  OtherRunner other(GetParam(), on.scratch / "ready");
  EXPECT_THAT(leftovers(other.run()), HasSubstr("cgroup"));
  EXPECT_THAT(leftovers(other.run()), HasSubstr("lock"));
  EXPECT_NE(other.processes(), "");
  other.kill();
  // Its mounts were in its own namespace, which ends with the last process in it.
  EXPECT_TRUE(OtherRunner::within([&] { return leftovers(other.run()).empty() && other.processes().empty(); }))
      << leftovers(other.run()) << other.processes();
}

TEST_P(LifecycleTest, TheNextRunEndsWhatAKilledRunnerAndWatcherLeft) {
  OtherRunner dead(GetParam(), on.scratch / "dead");
  dead.kill_with_watcher();
  // Not looked at in between: any boxcar that starts on this machine may be the next. One may be at it still.
  OtherRunner next(GetParam(), on.scratch / "next");
  EXPECT_TRUE(OtherRunner::within([&] { return leftovers(dead.run()).empty(); })) << leftovers(dead.run());
  EXPECT_NE(leftovers(next.run()), "") << "a live run must be left alone";
  EXPECT_TRUE(OtherRunner::within([&] { return dead.processes().empty(); })) << dead.processes();
  next.kill();
  EXPECT_TRUE(OtherRunner::within([&] { return leftovers(next.run()).empty() && next.processes().empty(); }));
}

TEST_P(LifecycleTest, TheNextRunFindsADeadOneWhoseLockFileIsTorn) {
  OtherRunner dead(GetParam(), on.scratch / "dead");
  fs::resize_file("/run/boxcar/runs/" + dead.run(), 0);
  dead.kill_with_watcher();
  OtherRunner next(GetParam(), on.scratch / "next");
  EXPECT_TRUE(OtherRunner::within([&] { return leftovers(dead.run()).empty() && dead.processes().empty(); }))
      << leftovers(dead.run()) << dead.processes();
  next.kill();
}

INSTANTIATE_TEST_SUITE_P(Runtimes, LifecycleTest, ::testing::Values("crun", "runc"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace boxcar::testing
