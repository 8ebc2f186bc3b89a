// A real Docker and a real Podman that are stopped: they take connections, and answer nobody.
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/interrupt.h"
#include "engine/deadlines.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class FrozenDaemonTest : public ::testing::TestWithParam<const char*> {
 protected:
  void TearDown() override {
    thaw();
    ::unsetenv("BOXCAR_DAEMON_TIMEOUT");
    const InterruptsBlocked forgets;
  }

  void begin(const char* patience) {
    ::setenv("BOXCAR_DAEMON_TIMEOUT", patience, 1);
    on = std::make_unique<EngineFixture>(GetParam());
  }
  JobId start_and_wait(const std::string& script) {
    Job job = on->job(make_shell(script));
    const JobId id = job.id;
    const auto begun = on->engine->start(std::move(job));
    EXPECT_TRUE(begun) << begun.error().text();
    on->sink.wait_for_output(id, "ready");
    return id;
  }
  void freeze() { ::kill(test_daemon_pid(GetParam()), SIGSTOP); }
  void thaw() { ::kill(test_daemon_pid(GetParam()), SIGCONT); }
  void insist() {
    note_interrupt();
    note_interrupt();
  }

  std::unique_ptr<EngineFixture> on;
};

TEST_P(FrozenDaemonTest, LosesWhatRunsAndClearsItUpOnceTheDaemonAnswersAgain) {
  begin("5");
  const JobId id = start_and_wait("echo ready; sleep 300");
  freeze();
  const auto seen = on->sink.wait(id);
  ASSERT_TRUE(seen.ending.lost);
  EXPECT_THAT(seen.ending.lost->text(), HasSubstr(on->engine->name() + " does not answer; there boxcar-"));
  EXPECT_EQ(seen.ended, 1);
  const auto refused = on->engine->start(on->job(make_shell("true")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(refused.error().message, on->engine->name() + " does not answer");
  thaw();
  EXPECT_EQ(on->shell("exit 3").ending.exit_code, 3);
  EXPECT_EQ(on->traces(id), "");
}

// Its output may come before the daemon has said that it runs: then it is the start that fails.
TEST_P(FrozenDaemonTest, SaysWhatMayRunOnFromItsFirstOutputOn) {
  begin("3");
  Job job = on->job(make_shell("echo ready; sleep 300"));
  const JobId id = job.id;
  std::thread freezing([&] {
    on->sink.wait_for_output(id, "ready");
    freeze();
  });
  const auto begun = on->engine->start(std::move(job));
  freezing.join();
  const std::string why = begun ? on->sink.wait(id).ending.lost->text() : begun.error().text();
  EXPECT_THAT(why, HasSubstr(on->engine->name() + " does not answer; there boxcar-"));
  thaw();
  EXPECT_EQ(on->shell("exit 3").ending.exit_code, 3);
  EXPECT_EQ(on->traces(id), "");
}

TEST_P(FrozenDaemonTest, AShortFreezeIsSurvived) {
  begin("30");
  const JobId id = start_and_wait("echo ready; sleep 3; echo done");
  freeze();
  std::this_thread::sleep_for(7s);
  thaw();
  const auto seen = on->sink.wait(id);
  EXPECT_FALSE(seen.ending.lost);
  EXPECT_EQ(seen.ending.exit_code, 0);
  EXPECT_EQ(seen.out, "ready\ndone\n");
}

TEST_P(FrozenDaemonTest, WhoInsistsIsNotHeldUp) {
  begin("600");
  const JobId id = start_and_wait("echo ready; sleep 300");
  freeze();
  on->engine->stop(id, Seconds(0));
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  std::this_thread::sleep_for(500ms);
  const auto before = descriptors();
  std::this_thread::sleep_for(4s);
  EXPECT_LE(descriptors() - before, 1) << "more than one request to kill";  // and one whether it answers
  EXPECT_EQ(on->sink.now(id).ended, 0);
  const auto began = Clock::now();
  insist();
  on->engine->stop(id, Seconds(0));
  const auto seen = on->sink.wait(id);
  EXPECT_TRUE(seen.ending.stopped);
  ASSERT_TRUE(seen.ending.lost);
  EXPECT_THAT(seen.ending.lost->text(), HasSubstr("does not answer"));
  on->engine.reset();
  EXPECT_LT(Clock::now() - began, 15s);
  thaw();
  const std::string left = "/containers/boxcar-" + test_run() + "-step-" + std::to_string(id);
  const InterruptsBlocked forgets;
  EXPECT_TRUE(on->daemon->get(left + "/json"));
  EXPECT_TRUE(on->daemon->remove(left + "?v=1&force=1"));
}

TEST_P(FrozenDaemonTest, AStartIsGivenUp) {
  begin("600");
  (void)on->shell("true");
  freeze();
  const auto began = Clock::now();
  Job job = on->job(make_shell("true"));
  const JobId id = job.id;
  std::thread impatient([&] {
    std::this_thread::sleep_for(1s);
    insist();
    on->engine->stop(id, Seconds(0));
  });
  const auto begun = on->engine->start(std::move(job));
  impatient.join();
  if (begun) {
    EXPECT_TRUE(on->sink.wait(id).ending.stopped);
  }
  EXPECT_LT(Clock::now() - began, 20s);
}

// What one thread finds out about an end must not be what another changes meanwhile: for the thread sanitizer.
TEST_P(FrozenDaemonTest, AStopInTheMomentOfTheEndIsHarmless) {
  begin("60");
  for (int i = 0; i < 10; ++i) {
    Job job = on->job(make_shell("true"));
    const JobId id = job.id;
    ASSERT_TRUE(on->engine->start(std::move(job)));
    while (on->sink.now(id).ended == 0) {
      on->engine->stop(id, Seconds(60));
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(on->sink.now(id).ended, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Daemons, FrozenDaemonTest, ::testing::Values("docker", "podman"),
                         [](const auto& run) { return std::string(run.param); });

TEST(Deadlines, CountsNoTimeThatNoClockCounts) {
  EXPECT_EQ(clock_duration(Seconds(1.5)), 1500ms);
  EXPECT_EQ(clock_duration(Seconds(-1)), 0ms);
  for (const double huge : {1e10, 1e30, 1e300}) {
    Deadlines deadlines;
    deadlines.start(Clock::now(), Seconds(huge));
    EXPECT_GT(*deadlines.next(), Clock::now() + 24h) << huge;
  }
}

}  // namespace
}  // namespace boxcar::testing
