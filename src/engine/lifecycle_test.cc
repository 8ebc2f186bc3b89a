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
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

// A zombie is nobody: where its parent was killed it waits for the machine's first process.
bool alive(pid_t pid) {
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status").value_or("State:\tZ");
  return status.find("State:\tZ") == std::string::npos;
}

class LifecycleTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Of a job: its mounts, its bundle, its groups.
  std::string traces(JobId id) {
    std::string found;
    const auto mounts = mount_points();
    for (const auto& mount : mounts.value()) {
      if (mount.target.starts_with(on.scratch.path())) found += "mount " + mount.target + "\n";
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

TEST_P(LifecycleTest, AfterTheEndNothingIsLeft) {
  Job job = on.job(make_shell("exit 3"));
  const JobId id = job.id;
  ASSERT_TRUE(on.engine->start(std::move(job)));
  on.sink.wait(id);
  EXPECT_EQ(traces(id), "");
}

TEST_P(LifecycleTest, WhatDoesNotStartLeavesNothing) {
  Job job = on.job(make_action({"/missing"}));
  const JobId id = job.id;
  ASSERT_FALSE(on.engine->start(std::move(job)));
  EXPECT_EQ(traces(id), "");
  EXPECT_EQ(on.sink.now(id).ended, 0);
}

TEST_P(LifecycleTest, TheMemoryLimitIsSaidToHaveKilledIt) {
  auto action = make_shell("exec dd if=/dev/zero of=/dev/null bs=200M count=1");
  action->resources.memory = 64 << 20;
  const auto seen = on.run(action);
  EXPECT_TRUE(seen.ending.out_of_memory) << seen.err;
  EXPECT_EQ(seen.ending.exit_code, 137);
  EXPECT_EQ(seen.ending.engine_error, "");
  EXPECT_LE(seen.ending.peak_memory, 64U << 20);
}

TEST_P(LifecycleTest, AMemoryLimitTooSmallForTheRuntimeIsSaidAsSuch) {
  auto action = make_shell("true");
  action->resources.memory = 4096;
  const auto seen = on.run(action);
  EXPECT_THAT(seen.ending.engine_error,
              testing::HasSubstr("memory limit of 4.0 KiB is too small to start a container"));
}

TEST_P(LifecycleTest, AChildKilledForMemoryFailsWithItsParent) {
  auto action = make_shell("dd if=/dev/zero of=/dev/null bs=200M count=1; exit 5");
  action->resources.memory = 64 << 20;
  const auto seen = on.run(action);
  EXPECT_TRUE(seen.ending.out_of_memory);
  EXPECT_EQ(seen.ending.exit_code, 5);
}

TEST_P(LifecycleTest, PeakMemoryIsMeasured) {
  const auto seen = on.shell("dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null");
  EXPECT_GE(seen.ending.peak_memory, 100U << 20);
  EXPECT_LE(seen.ending.peak_memory, 160U << 20);
  EXPECT_FALSE(seen.ending.out_of_memory);
}

TEST_P(LifecycleTest, TheCpuLimitHolds) {
  // It works for a second, allowed a fifth of a core.
  auto action = make_shell("time -p sh -c 'timeout 1 sh -c \"while :; do :; done\"'");
  action->resources.cpu = 0.2;
  const auto seen = on.run(action);
  const auto user = seen.err.find("user ");
  ASSERT_NE(user, std::string::npos) << seen.err << seen.ending.engine_error;
  EXPECT_LT(std::stod(seen.err.substr(user + 5)), 0.5);
}

TEST_P(LifecycleTest, ATimeoutEndsIt) {
  auto action = make_shell("echo ready; sleep 100");
  action->timeout = Seconds(0.3);
  const auto begin = Clock::now();
  const auto seen = on.run(action);
  EXPECT_TRUE(seen.ending.timed_out);
  EXPECT_FALSE(seen.ending.stopped);
  EXPECT_FALSE(seen.ending.succeeded());
  EXPECT_LT(seconds_since(begin), 5);
}

TEST_P(LifecycleTest, StopLetsItFinishUp) {
  Job job = on.job(make_shell("trap 'echo cleaning; exit 9' TERM; echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  const pid_t init = start_and_wait(std::move(job));
  on.engine->stop(id, Seconds(20));
  const auto seen = on.sink.wait(id);
  EXPECT_THAT(seen.out, HasSubstr("cleaning"));
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_EQ(seen.ending.exit_code, 9);
  EXPECT_FALSE(alive(init));
  EXPECT_EQ(traces(id), "");
}

TEST_P(LifecycleTest, StopKillsWhatIgnoresIt) {
  Job job = on.job(make_shell("trap '' TERM; (trap '' TERM; sleep 300) & echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  const pid_t init = start_and_wait(std::move(job));
  const auto begin = Clock::now();
  on.engine->stop(id, Seconds(0.5));
  const auto seen = on.sink.wait(id);
  EXPECT_GE(seconds_since(begin), 0.45);
  EXPECT_LT(seconds_since(begin), 5);
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_FALSE(alive(init));
  EXPECT_EQ(traces(id), "");
}

TEST_P(LifecycleTest, StopDoesNotWaitForWhoWouldNeverHearIt) {
  Job job = on.job(make_shell("echo ready; sleep 300; exit 0"));
  const JobId id = job.id;
  start_and_wait(std::move(job));
  const auto begin = Clock::now();
  on.engine->stop(id, Seconds(30));
  EXPECT_TRUE(on.sink.wait(id).ending.stopped);
  EXPECT_LT(seconds_since(begin), 5);
}

TEST_P(LifecycleTest, AStopBeforeTheStartHolds) {
  Job job = on.job(make_shell("echo ran"));
  const JobId id = job.id;
  on.engine->stop(id, Seconds(1));
  ASSERT_TRUE(on.engine->start(std::move(job)));
  const auto seen = on.sink.wait(id);
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_EQ(seen.started, 0);
  EXPECT_EQ(seen.out, "");
  EXPECT_EQ(traces(id), "");
}

TEST_P(LifecycleTest, AtAnyMomentOfItsStartItCanBeStopped) {
  for (int i = 0; i < 12; ++i) {
    Job job = on.job(make_shell("sleep 300"));
    const JobId id = job.id;
    ASSERT_TRUE(on.engine->start(std::move(job)));
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 2));
    on.engine->stop(id, Seconds(i % 2 == 0 ? 0 : 20));
    const auto begin = Clock::now();
    EXPECT_TRUE(on.sink.wait(id).ending.stopped);
    EXPECT_LT(seconds_since(begin), 10);
    EXPECT_EQ(traces(id), "");
  }
}

TEST_P(LifecycleTest, TheEnginesEndIsTheirEnd) {
  Job job = on.job(make_shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  const pid_t init = start_and_wait(std::move(job));
  on.engine.reset();
  EXPECT_EQ(on.sink.now(id).ended, 1);
  EXPECT_FALSE(alive(init));
  EXPECT_EQ(traces(id), "");
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
  EXPECT_EQ(traces(id), "");
}

TEST_P(LifecycleTest, MuchOutputArrivesWhole) {
  const auto seen = on.shell("head -c 200000000 /dev/zero; echo end >&2");
  EXPECT_EQ(seen.out_bytes, 200'000'000U);
  EXPECT_EQ(seen.err, "end\n");
  EXPECT_FALSE(seen.after_end);
}

TEST_P(LifecycleTest, ALineOfAHundredMegabytesAndNulBytesArrive) {
  const auto seen = on.shell("printf 'a\\000b'; head -c 100000000 /dev/zero | tr '\\000' x");
  EXPECT_EQ(seen.out_bytes, 100'000'003U);
  EXPECT_EQ(seen.out.substr(0, 5), std::string("a\0bxx", 5));
}

TEST_P(LifecycleTest, TheLastBytesComeBeforeTheEnd) {
  for (int i = 0; i < 10; ++i) {
    const auto seen = on.shell("(sleep 20; echo never) & head -c 300000 /dev/zero; echo last");
    EXPECT_EQ(seen.out_bytes, 300'005U);
    EXPECT_FALSE(seen.after_end);
  }
}

TEST_P(LifecycleTest, ManyAtOnce) {
  std::vector<JobId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(0);
  std::vector<std::thread> threads;
  std::mutex mutex;
  int next = 0;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        Job job;
        int i = 0;
        {
          const std::lock_guard lock(mutex);
          if (next == 20) return;
          i = next++;
          job = on.job(make_shell("echo " + std::to_string(i) + "; exit " + std::to_string(i)));
          ids[static_cast<std::size_t>(i)] = job.id;
        }
        EXPECT_TRUE(on.engine->start(std::move(job)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int i = 0; i < 20; ++i) {
    const auto seen = on.sink.wait(ids[static_cast<std::size_t>(i)]);
    EXPECT_EQ(seen.ending.exit_code, i);
    EXPECT_EQ(seen.out, std::to_string(i) + "\n");
  }
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
