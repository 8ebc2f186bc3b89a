// What every engine promises, on each of them: the embedded one with both runtimes, a real Docker and a real Podman.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

class EngineTest : public ::testing::TestWithParam<const char*> {
 protected:
  // Starts the script and waits until it has printed "ready".
  void start_and_wait(Job job) {
    const JobId id = job.id;
    const auto begun = on.engine->start(std::move(job));
    EXPECT_TRUE(begun) << begun.error().text();
    on.sink.wait_for_output(id, "ready");
    EXPECT_NE(on.processes(), "");
  }

  EngineFixture on{GetParam()};
};

TEST_P(EngineTest, ExitCodesAreTheContainers) {
  const auto good = on.shell("echo out; echo err >&2");
  EXPECT_EQ(good.ending.engine_error, "");
  EXPECT_EQ(good.ending.exit_code, 0);
  EXPECT_TRUE(good.ending.succeeded());
  EXPECT_EQ(good.out, "out\n");
  EXPECT_EQ(good.err, "err\n");
  EXPECT_EQ(good.started, 1);
  EXPECT_EQ(good.ended, 1);
  EXPECT_FALSE(good.after_end);
  EXPECT_GT(good.ending.seconds, 0);
  const auto bad = on.shell("exit 7");
  EXPECT_EQ(bad.ending.exit_code, 7);
  EXPECT_EQ(bad.ending.engine_error, "");
}

TEST_P(EngineTest, ASignalIs128AndItsNumber) {
  EXPECT_EQ(on.shell("sh -c 'kill -SEGV $$'; exit $?").ending.exit_code, 139);
}

TEST_P(EngineTest, TheEnvironmentIsExactlyTheActions) {
  ::setenv("BOXCAR_TEST_LEAK", "1", 1);
  auto action = make_action({"/bin/busybox", "env"});
  action->env = {"A=1", "EMPTY=", "HOME=/nowhere", "LINES=one\ntwo", "PATH=/bin", "QUOTES=\"'\\ ü"};
  const auto seen = on.run(action);
  auto found = lines(seen.out);
  if (on.daemon && on.daemon->podman()) std::erase(found, "HOSTNAME=boxcar");
  std::sort(found.begin(), found.end());
  EXPECT_THAT(found, ::testing::ElementsAre("A=1", "EMPTY=", "HOME=/nowhere", "LINES=one", "PATH=/bin",
                                            "QUOTES=\"'\\ ü", "two"));
}

TEST_P(EngineTest, SecretsAreVariablesBesideTheActions) {
  const std::string long_one(65'536, 'k');
  auto action = make_action({"sh", "-c", R"(echo "$A|$TOKEN"; echo $((${#K1}+${#K2}+${#K3}+${#K4}+${#K5}));
      ulimit -c; id -u; cat; tr '\0' '\n' </proc/1/cmdline | head -n 1)"});
  action->env = {"A=1", "TOKEN=of the image", "PATH=/none:/bin"};
  action->user = "worker";
  Job job = on.job(action);
  job.secrets = Secrets(std::vector<Secret>{{"TOKEN", "a secret\n'2'"},
                                            {"K1", long_one},
                                            {"K2", long_one},
                                            {"K3", long_one},
                                            {"K4", long_one},
                                            {"K5", long_one}});
  const JobId id = job.id;
  ASSERT_TRUE(on.engine->start(std::move(job)));
  const auto seen = on.sink.wait(id);
  EXPECT_EQ(seen.out, "1|a secret\n'2'\n327680\n0\n1000\nsh\n") << seen.err << seen.ending.engine_error;
  EXPECT_EQ(seen.ending.exit_code, 0);
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, WhatCannotBeStartedWithSecretsIsSaidToo) {
  const auto run = [&](std::vector<std::string> argv) {
    Job job = on.job(make_action(std::move(argv)));
    job.secrets = Secrets(std::vector<Secret>{{"TOKEN", "secret"}});
    const JobId id = job.id;
    // The embedded engine looks before; in a daemon's container boxcar's own program finds out.
    if (const auto started = on.engine->start(std::move(job)); !started) return started.error().text();
    const auto seen = on.sink.wait(id);
    return std::to_string(seen.ending.exit_code) + " " + seen.err;
  };
  EXPECT_THAT(run({"/missing"}), AllOf(HasSubstr("/missing"), HasSubstr(on.daemon ? "127 boxcar: " : "there is no")));
  EXPECT_THAT(run({"missing"}), AllOf(HasSubstr("missing"), HasSubstr(on.daemon ? "127 boxcar: " : " is not in ")));
  EXPECT_THAT(run({"/etc/passwd"}), HasSubstr(on.daemon ? "126 boxcar: " : "not an executable file"));
}

TEST_P(EngineTest, ArgumentsArriveAsTheyAre) {
  EXPECT_EQ(on.run(make_action({"printf", "%s|", "a b", "", "\"$x\"", "\t\x01", "ü"})).out, "a b||\"$x\"|\t\x01|ü|");
}

TEST_P(EngineTest, UserAndGroupsAreTheImages) {
  auto action = make_shell("id -u; id -g; id -G");
  const auto id = [&](const std::string& user) {
    action->user = user;
    return on.run(action).out;
  };
  EXPECT_THAT(id(""), StartsWith("0\n0\n0"));
  EXPECT_EQ(id("worker"), "1000\n1001\n1001 2000 3000\n");
  EXPECT_EQ(id("1000"), "1000\n1001\n1001 2000 3000\n");
  EXPECT_EQ(id("worker:data"), "1000\n2000\n2000\n");
  EXPECT_THAT(id("4711"), StartsWith("4711\n0\n"));
  EXPECT_EQ(id("4711:4712"), "4711\n4712\n4712\n");
}

TEST_P(EngineTest, AnUnknownUserIsSaidSo) {
  auto action = make_action({"id"});
  action->user = "nobody-here";
  EXPECT_THAT(on.run(action).ending.engine_error,
              HasSubstr("the image's user 'nobody-here' is not in its /etc/passwd"));
}

TEST_P(EngineTest, AnOrdinaryUserMayReopenItsOutput) {
  auto action = make_shell("echo a > /dev/stdout; echo b > /dev/stderr");
  action->user = "worker";
  const auto seen = on.run(action);
  EXPECT_EQ(seen.out, "a\n");
  EXPECT_EQ(seen.err, "b\n");
}

TEST_P(EngineTest, TheWorkingDirectoryIsMade) {
  auto action = make_action({"pwd"});
  action->working_dir = "/made/for/this";
  EXPECT_EQ(on.run(action).out, "/made/for/this\n");
}

TEST_P(EngineTest, StandardInputIsEmpty) {
  EXPECT_EQ(on.shell("cat; echo end").out, "end\n");
}

TEST_P(EngineTest, HostNameAndUmaskAreFixed) {
  ::umask(077);
  const auto seen = on.shell("hostname; umask; touch /tmp-file; stat -c %a /tmp-file; cat /proc/sys/kernel/domainname");
  ::umask(022);
  EXPECT_EQ(seen.out, "boxcar\n0022\n644\n(none)\n");
  EXPECT_THAT(on.shell("cat /etc/hosts").out, HasSubstr("boxcar"));
}

TEST_P(EngineTest, TheImageIsNeverWritten) {
  const auto seen =
      on.shell("echo changed > /etc/passwd; rm /bin/cat; echo new > /new; exec cat /etc/passwd /new 2>&1");
  EXPECT_THAT(seen.ending.engine_error + seen.out + seen.err, Not(HasSubstr("worker")));
  EXPECT_THAT(on.shell("cat /etc/passwd; ls /").out, AllOf(HasSubstr("worker"), Not(HasSubstr("new"))));
}

TEST_P(EngineTest, InputsAreReadOnlyAndOutputsWritable) {
  fs::create_directories(on.scratch / "in/sub");
  fs::create_directories(on.scratch / "out");
  ::chmod((on.scratch / "out").c_str(), 0777);
  std::ignore = write_file(on.scratch / "in/data", "data");
  std::ignore = write_file(on.scratch / "parameters", "{}");
  const std::vector<Mount> mounts{{on.scratch / "in", "/input", false, true},
                                  {on.scratch / "out", "/deep/er/output", true, true},
                                  {on.scratch / "parameters", "/parameters.json", false, false}};
  auto action = make_shell(
      "cat /input/data /parameters.json; echo x > /input/data; touch /input/sub/x; echo y > /parameters.json;"
      "mount -o remount,rw /input; echo result > /deep/er/output/file");
  for (const char* user : {"", "worker"}) {
    action->user = user;
    const auto seen = on.run(action, mounts);
    EXPECT_EQ(seen.out, "data{}");
    EXPECT_EQ(seen.ending.exit_code, 0) << seen.err;
    EXPECT_EQ(read_file(on.scratch / "out/file").value(), "result\n");
    EXPECT_EQ(read_file(on.scratch / "in/data").value(), "data");
    EXPECT_FALSE(fs::exists(on.scratch / "in/sub/x"));
    EXPECT_EQ(read_file(on.scratch / "parameters").value(), "{}");
    fs::remove(on.scratch / "out/file");
  }
}

TEST_P(EngineTest, WithoutANetworkThereIsLoopbackOnly) {
  auto action = make_shell("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '");
  action->network = false;
  EXPECT_EQ(on.run(action).out, "lo\n");
}

TEST_P(EngineTest, PrivilegesAreFew) {
  const auto seen = on.shell("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status");
  // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
  EXPECT_EQ(
      seen.out,
      "CapInh:\t0000000000000000\nCapPrm:\t00000000800405fb\nCapEff:\t00000000800405fb\nCapBnd:\t00000000800405fb\n"
      "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_P(EngineTest, AnOrdinaryUserHasNoCapabilities) {
  auto action = make_shell("grep CapEff /proc/self/status");
  action->user = "worker";
  EXPECT_EQ(on.run(action).out, "CapEff:\t0000000000000000\n");
}

TEST_P(EngineTest, NoDeviceOfTheHostCanBeOpened) {
  const auto seen = on.shell(
      "mknod /dev/disk b 254 0; mknod /disk b 254 0; ls /dev; cat /dev/null; head -c4 /dev/zero | wc -c; mount -t "
      "tmpfs x /bin; unshare -m true");
  EXPECT_THAT(seen.out, AllOf(Not(HasSubstr("disk")), Not(HasSubstr("vda")), HasSubstr("4\n")));
  EXPECT_NE(seen.ending.exit_code, 0);
  EXPECT_THAT(seen.err, AllOf(HasSubstr("mknod: /dev/disk: Operation not permitted"), HasSubstr("unshare")));
}

TEST_P(EngineTest, ProcessesSeeOnlyTheirOwn) {
  EXPECT_EQ(on.shell("echo $$; ls /proc | grep -c '^[0-9]*$'").out.substr(0, 2), "1\n");
}

TEST_P(EngineTest, WhatIsNotUtf8IsRefused) {
  EXPECT_THAT(on.run(make_action({"echo", "\xff"})).ending.engine_error, HasSubstr("not UTF-8"));
}

TEST_P(EngineTest, AfterTheEndNothingIsLeft) {
  Job job = on.job(make_shell("exit 3"));
  const JobId id = job.id;
  ASSERT_TRUE(on.engine->start(std::move(job)));
  on.sink.wait(id);
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, WhatDoesNotStartLeavesNothing) {
  Job job = on.job(make_action({"/missing"}));
  const JobId id = job.id;
  ASSERT_FALSE(on.engine->start(std::move(job)));
  EXPECT_EQ(on.traces(id), "");
  EXPECT_EQ(on.sink.now(id).ended, 0);
}

TEST_P(EngineTest, TheMemoryLimitIsSaidToHaveKilledIt) {
  auto action = make_shell("exec dd if=/dev/zero of=/dev/null bs=200M count=1");
  action->needs.limits.memory = 64 << 20;
  const auto seen = on.run(action);
  EXPECT_TRUE(seen.ending.out_of_memory) << seen.err;
  EXPECT_EQ(seen.ending.exit_code, 137);
  EXPECT_EQ(seen.ending.engine_error, "");
  EXPECT_LE(seen.ending.peak_memory, 64U << 20);
}

// Whatever its parent makes of it.
TEST_P(EngineTest, AChildKilledForMemoryIsSaid) {
  for (const int code : {5, 0}) {
    // On a busy machine Docker hears of the kill after an end that follows at once, and forgets it.
    auto action = make_shell("dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 0.4; exit " + std::to_string(code));
    action->needs.limits.memory = 64 << 20;
    const auto seen = on.run(action);
    EXPECT_TRUE(seen.ending.out_of_memory);
    EXPECT_FALSE(seen.ending.succeeded());
    EXPECT_EQ(seen.ending.exit_code, code);
  }
}

TEST_P(EngineTest, PeakMemoryIsMeasured) {
  // A daemon's container takes its figures along when it ends: they are looked at every 0.2 s.
  const auto seen = on.shell("dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null; sleep 0.4");
  EXPECT_GE(seen.ending.peak_memory, 100U << 20);
  EXPECT_LE(seen.ending.peak_memory, 160U << 20);
  EXPECT_FALSE(seen.ending.out_of_memory);
}

TEST_P(EngineTest, TheCpuLimitHolds) {
  // It works for a second, allowed a fifth of a core.
  auto action = make_shell("time -p sh -c 'timeout 1 sh -c \"while :; do :; done\"'");
  action->needs.limits.cpu = 0.2;
  const auto seen = on.run(action);
  const auto user = seen.err.find("user ");
  ASSERT_NE(user, std::string::npos) << seen.err << seen.ending.engine_error;
  EXPECT_LT(std::stod(seen.err.substr(user + 5)), 0.5);
}

TEST_P(EngineTest, ATimeoutEndsIt) {
  auto action = make_shell("echo ready; sleep 100");
  action->timeout = Seconds(0.3);
  const auto begin = Clock::now();
  const auto seen = on.run(action);
  EXPECT_TRUE(seen.ending.timed_out);
  EXPECT_FALSE(seen.ending.stopped);
  EXPECT_FALSE(seen.ending.succeeded());
  EXPECT_LT(seconds_since(begin), 5);
}

TEST_P(EngineTest, StopLetsItFinishUp) {
  Job job = on.job(make_shell("trap 'echo cleaning; exit 9' TERM; echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  start_and_wait(std::move(job));
  on.engine->stop(id, Seconds(20));
  const auto seen = on.sink.wait(id);
  EXPECT_THAT(seen.out, HasSubstr("cleaning"));
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_EQ(seen.ending.exit_code, 9);
  EXPECT_EQ(on.processes(), "");
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, StopKillsWhatIgnoresIt) {
  Job job = on.job(make_shell("trap '' TERM; (trap '' TERM; sleep 300) & echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  start_and_wait(std::move(job));
  const auto begin = Clock::now();
  on.engine->stop(id, Seconds(0.5));
  const auto seen = on.sink.wait(id);
  EXPECT_GE(seconds_since(begin), 0.45);
  EXPECT_LT(seconds_since(begin), 5);
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_EQ(on.processes(), "");
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, StopDoesNotWaitForWhoWouldNeverHearIt) {
  Job job = on.job(make_shell("echo ready; sleep 300; exit 0"));
  const JobId id = job.id;
  start_and_wait(std::move(job));
  const auto begin = Clock::now();
  on.engine->stop(id, Seconds(30));
  EXPECT_TRUE(on.sink.wait(id).ending.stopped);
  EXPECT_LT(seconds_since(begin), 5);
}

TEST_P(EngineTest, AStopBeforeTheStartHolds) {
  Job job = on.job(make_shell("echo ran"));
  const JobId id = job.id;
  on.engine->stop(id, Seconds(1));
  ASSERT_TRUE(on.engine->start(std::move(job)));
  const auto seen = on.sink.wait(id);
  EXPECT_TRUE(seen.ending.stopped);
  EXPECT_EQ(seen.started, 0);
  EXPECT_EQ(seen.out, "");
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, AtAnyMomentOfItsStartItCanBeStopped) {
  for (int i = 0; i < 12; ++i) {
    Job job = on.job(make_shell("sleep 300"));
    const JobId id = job.id;
    ASSERT_TRUE(on.engine->start(std::move(job)));
    std::this_thread::sleep_for(std::chrono::milliseconds(i * 2));
    on.engine->stop(id, Seconds(i % 2 == 0 ? 0 : 20));
    const auto begin = Clock::now();
    EXPECT_TRUE(on.sink.wait(id).ending.stopped);
    EXPECT_LT(seconds_since(begin), 10);
    EXPECT_EQ(on.traces(id), "");
  }
}

TEST_P(EngineTest, TheEnginesEndIsTheirEnd) {
  Job job = on.job(make_shell("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
  const JobId id = job.id;
  start_and_wait(std::move(job));
  on.engine.reset();
  EXPECT_EQ(on.sink.now(id).ended, 1);
  EXPECT_EQ(on.processes(), "");
  EXPECT_EQ(on.traces(id), "");
}

TEST_P(EngineTest, MuchOutputArrivesWhole) {
  const auto seen = on.shell("head -c 200000000 /dev/zero; echo end >&2");
  EXPECT_EQ(seen.out_bytes, 200'000'000U);
  EXPECT_EQ(seen.err, "end\n");
  EXPECT_FALSE(seen.after_end);
}

TEST_P(EngineTest, ALineOfAHundredMegabytesAndNulBytesArrive) {
  const auto seen = on.shell("printf 'a\\000b'; head -c 100000000 /dev/zero | tr '\\000' x");
  EXPECT_EQ(seen.out_bytes, 100'000'003U);
  EXPECT_EQ(seen.out.substr(0, 5), std::string("a\0bxx", 5));
}

TEST_P(EngineTest, TheLastBytesComeBeforeTheEnd) {
  for (int i = 0; i < 10; ++i) {
    const auto seen = on.shell("(sleep 20; echo never) & head -c 300000 /dev/zero; echo last");
    EXPECT_EQ(seen.out_bytes, 300'005U);
    EXPECT_FALSE(seen.after_end);
  }
}

// More milliseconds than an int holds.
TEST_P(EngineTest, ATimeoutOfAMonthIsWaitedForWithoutSpinning) {
  auto action = make_shell("sleep 2");
  action->timeout = Seconds(30 * 86400.0);
  const std::clock_t before = std::clock();
  EXPECT_EQ(on.run(action).ending.exit_code, 0);
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC);
}

TEST_P(EngineTest, ManyAtOnce) {
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

INSTANTIATE_TEST_SUITE_P(Engines, EngineTest, ::testing::Values("crun", "runc", "docker", "podman"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace boxcar::testing
