// runs, status, logs and stop on a real record, and the documents of --json.
#include "cli/commands.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "cli/report.h"
#include "fakes/stopwatch.h"
#include "fakes/temporary_directory.h"
#include "run/log_writer.h"

namespace boxcar {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    setenv("XDG_STATE_HOME", directory_.c_str(), 1);
    store_ = *RunStore::open(RunStore::default_path());
  }

  RunRecord begin(const std::string& id, int pid) {
    RunRecord run;
    run.id = id;
    run.workflow = "imaging";
    run.file = directory_ + "/boxcar.yml";
    run.store = directory_ + "/.boxcar";
    run.started = now_micros();
    run.pid = pid;
    run.pid_start = process_start(pid);
    run.total = 3;
    store_->begin(run);
    return run;
  }

  StepRecord step(std::uint32_t index, const std::string& name, StepStatus status) {
    StepRecord step;
    step.index = index;
    step.name = name;
    step.status = status;
    step.image = sha256("image");
    step.image_name = "docker.io/kliko/simms:latest";
    step.attempts = 1;
    if (status == StepStatus::Succeeded || status == StepStatus::Cached) step.key = sha256(name);
    return step;
  }

  void log(const std::string& directory, const std::string& text, Stream stream = Stream::Out) {
    auto writer = LogWriter::open(directory_ + "/.boxcar/" + directory);
    ASSERT_TRUE(writer);
    writer->write(stream, text);
    ASSERT_TRUE(writer->close());
  }

  // One finished run of three steps.
  void finished_run(const std::string& id = "run-1") {
    begin(id, 0);
    store_->update(id, step(0, "simulate", StepStatus::Cached));
    StepRecord failed = step(1, "predict", StepStatus::Failed);
    failed.exit_code = 3;
    failed.attempts = 2;
    failed.failure = Failure::Exit;
    failed.message = "exit code 3";
    store_->update(id, failed);
    store_->update(id, step(2, "clean", StepStatus::Skipped));
    store_->finish(id, RunStatus::Failed, now_micros());
    ASSERT_TRUE(store_->flush());
    log(sha256("image").short_hex() + "/" + sha256("simulate").short_hex(), "of the result\n");
    log("runs/" + id + "/predict.1", "first try\n");
    log("runs/" + id + "/predict.2", "second try\nand an error\n", Stream::Err);
  }

  int call(int (*command)(const Args&), const Args& args) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = command(args);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  const TemporaryDirectory temporary_;
  const std::string directory_ = temporary_.path();
  std::unique_ptr<RunStore> store_;
  std::string out_;
  std::string err_;
};

TEST_F(CommandsTest, WithoutAnyRunEveryCommandSaysSo) {
  EXPECT_EQ(call(run_runs, {}), 0);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("No run"));
  EXPECT_EQ(call(run_runs, {"--json"}), 0);
  EXPECT_EQ(out_, "[]\n");
  for (const auto command : {run_status, run_logs, run_stop}) {
    EXPECT_EQ(call(command, {}), 2);
    EXPECT_THAT(err_, HasSubstr("no run is recorded yet"));
    EXPECT_EQ(call(command, {"nosuch"}), 2);
    EXPECT_THAT(err_, HasSubstr("there is no run 'nosuch'"));
  }
}

TEST_F(CommandsTest, EveryHelpHasAnExample) {
  for (const auto command : {run_runs, run_status, run_logs, run_stop}) {
    EXPECT_EQ(call(command, {"--help"}), 0);
    EXPECT_THAT(out_ + err_, HasSubstr("xample"));
    EXPECT_EQ(call(command, {"--no-such-option"}), 2);
  }
}

TEST_F(CommandsTest, RunsListsThemNewestFirst) {
  finished_run();
  begin("run-2", getpid());
  auto dead = begin("run-3", 0);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_runs, {}), 0);
  EXPECT_LT(out_.find("run-3"), out_.find("run-2"));
  EXPECT_LT(out_.find("run-2"), out_.find("run-1"));
  EXPECT_THAT(out_, HasSubstr("interrupted"));
  EXPECT_THAT(out_, HasSubstr("running"));
  EXPECT_EQ(call(run_runs, {"-n", "1"}), 0);
  EXPECT_THAT(out_, Not(HasSubstr("run-2")));
  EXPECT_EQ(call(run_runs, {"--json"}), 0);
  const auto runs = ordered_json::parse(out_);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[2]["run"], "run-1");
  EXPECT_EQ(runs[2]["status"], "failed");
  EXPECT_EQ(runs[1]["finished"], nullptr);
}

TEST_F(CommandsTest, StatusShowsTheStepsOfTheLatestRun) {
  finished_run();
  EXPECT_EQ(call(run_status, {}), 0);
  EXPECT_THAT(out_, HasSubstr("run-1"));
  EXPECT_THAT(out_, HasSubstr("simulate  cached"));
  EXPECT_THAT(out_, HasSubstr("exit code 3"));
  EXPECT_THAT(out_, HasSubstr("2 attempts"));
  EXPECT_EQ(call(run_status, {"run-1", "--json"}), 0);
  const auto document = ordered_json::parse(out_);
  EXPECT_EQ(document["run"], "run-1");
  EXPECT_EQ(document["status"], "failed");
  const auto& steps = document["steps"];
  EXPECT_EQ(steps.begin().key(), "simulate") << "in the order of the workflow";
  EXPECT_EQ(steps["simulate"]["result"],
            directory_ + "/.boxcar/" + sha256("image").short_hex() + "/" + sha256("simulate").short_hex());
  EXPECT_EQ(steps["predict"]["exit_code"], 3);
  EXPECT_EQ(steps["predict"]["result"], nullptr);
  EXPECT_EQ(steps["predict"]["failure"], "exit");
  EXPECT_EQ(steps["predict"]["message"], "exit code 3");
  EXPECT_EQ(document["outputs"], ordered_json::object());

  begin("run-2", getpid());
  store_->update("run-2", step(0, "simulate", StepStatus::Running));
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_status, {}), 0);
  EXPECT_THAT(out_, HasSubstr("simulate  running"));
  EXPECT_THAT(out_, HasSubstr("2 steps not looked at yet"));
}

TEST_F(CommandsTest, StatusOfAnEndedRunSaysWhereItsOutputsAre) {
  begin("run-1", getpid());
  StepRecord last = step(0, "simulate", StepStatus::Succeeded);
  last.last = true;
  store_->update("run-1", last);
  store_->update("run-1", step(1, "predict", StepStatus::Cached));
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_status, {}), 0);
  EXPECT_THAT(out_, Not(HasSubstr(directory_ + "/.boxcar"))) << "not before it has ended";
  store_->finish("run-1", RunStatus::Succeeded, now_micros());
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_status, {}), 0);
  EXPECT_THAT(out_, HasSubstr(fmt::format("\n\n  simulate  {}/.boxcar/{}/{}\n", directory_, sha256("image").short_hex(),
                                          sha256("simulate").short_hex())));

  begin("run-2", getpid());
  store_->finish("run-2", RunStatus::Failed, now_micros(), "lost",
                 {{"images", "/data/images"}, {"lost", ""}, {"a", "/data/a"}});
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_status, {}), 0);
  EXPECT_THAT(out_, HasSubstr("\n\n  images  /data/images\n  a       /data/a\n"));
  EXPECT_EQ(call(run_status, {"--json"}), 0);
  EXPECT_THAT(out_, HasSubstr(R"("outputs":{"images":"/data/images","lost":null,"a":"/data/a"}})"));
}

TEST_F(CommandsTest, LogsPrintsTheLastAttemptOrTheCachedResult) {
  finished_run();
  EXPECT_EQ(call(run_logs, {"run-1/predict"}), 0);
  EXPECT_EQ(err_, "second try\nand an error\n") << "what was stderr is stderr again";
  EXPECT_EQ(out_, "");
  EXPECT_EQ(call(run_logs, {"/predict", "--attempt", "1"}), 0);
  EXPECT_EQ(out_, "first try\n");
  EXPECT_EQ(call(run_logs, {"run-1/predict", "--attempt", "7"}), 2);
  EXPECT_EQ(call(run_logs, {"run-1/simulate"}), 0);
  EXPECT_EQ(out_, "of the result\n");
  EXPECT_EQ(call(run_logs, {}), 0);
  EXPECT_EQ(out_, "[simulate] of the result\n");
  EXPECT_EQ(err_, "[predict] second try\n[predict] and an error\n");
  EXPECT_EQ(call(run_logs, {"run-1/predit"}), 2);
  EXPECT_THAT(err_, HasSubstr("did you mean 'predict'"));
}

TEST_F(CommandsTest, LogsFollowsARunToItsEnd) {
  auto run = begin("run-1", getpid());
  store_->update("run-1", step(0, "simulate", StepStatus::Running));
  ASSERT_TRUE(store_->flush());
  std::thread runner([&] {
    auto writer = LogWriter::open(directory_ + "/.boxcar/runs/run-1/simulate.1");
    for (int i = 0; i < 5; ++i) {
      writer->write(Stream::Out, fmt::format("line {}\n", i));
      std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
    (void)writer->close();
    auto again = LogWriter::open(directory_ + "/.boxcar/runs/run-1/simulate.2");
    again->write(Stream::Out, "second attempt\n");
    (void)again->close();
    store_->finish("run-1", RunStatus::Succeeded, now_micros());
    (void)store_->flush();
  });
  EXPECT_EQ(call(run_logs, {"-f", "/simulate"}), 0);
  runner.join();
  EXPECT_EQ(out_, "line 0\nline 1\nline 2\nline 3\nline 4\nsecond attempt\n");
}

TEST_F(CommandsTest, StopInterruptsTheRunnerAndWaitsForItsEnd) {
  SpawnOptions options;
  options.argv = {"sh", "-c", "trap 'sleep 0.5; exit 130' TERM; while :; do sleep 0.02; done"};
  const auto runner = spawn(options);
  ASSERT_TRUE(runner);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  auto run = begin("run-1", runner->pid);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_stop, {"run-1"}), 0);
  EXPECT_THAT(err_, HasSubstr("waiting for its containers"));
  EXPECT_THAT(err_, HasSubstr("stopped run run-1"));
  EXPECT_FALSE(runner_alive(run));
  EXPECT_EQ(wait_for(*runner)->code, 130);
  EXPECT_EQ(call(run_stop, {}), 0);
  EXPECT_THAT(err_, HasSubstr("over already: interrupted"));
}

TEST_F(CommandsTest, StopWithoutANameTakesTheRunThatRuns) {
  SpawnOptions options;
  options.argv = {"sleep", "100"};
  const auto one = spawn(options);
  const auto another = spawn(options);
  ASSERT_TRUE(one && another);
  begin("run-0", one->pid);
  begin("run-1", another->pid);
  finished_run("run-2");
  EXPECT_EQ(call(run_stop, {}), 2);
  EXPECT_THAT(err_, HasSubstr("2 runs are running; name the one to stop\n  run-1  imaging  started 20"));
  EXPECT_THAT(err_, HasSubstr("\n  run-0  imaging"));
  EXPECT_THAT(err_, Not(HasSubstr("run-2")));
  EXPECT_EQ(call(run_stop, {"run-1"}), 0);
  ASSERT_TRUE(wait_for(*another));
  EXPECT_EQ(call(run_stop, {}), 0);
  EXPECT_THAT(err_, HasSubstr("stopped run run-0"));
  EXPECT_EQ(wait_for(*one)->signal, SIGTERM);
  EXPECT_EQ(call(run_stop, {}), 0);
  EXPECT_EQ(err_, "no run is running; the latest, run-2, is over: failed\n");
}

TEST_F(CommandsTest, StopNowInterruptsTwice) {
  SpawnOptions options;
  options.argv = {"sh", "-c", "n=0; trap 'n=$((n+1)); [ $n = 2 ] && exit 7' TERM; while :; do sleep 0.02; done"};
  const auto runner = spawn(options);
  ASSERT_TRUE(runner);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  begin("run-1", runner->pid);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_stop, {"--now"}), 0);
  EXPECT_EQ(wait_for(*runner)->code, 7);
}

TEST_F(CommandsTest, StopLeavesAnotherProcessWithThatPidAlone) {
  SpawnOptions options;
  options.argv = {"sleep", "100"};
  const auto other = spawn(options);
  ASSERT_TRUE(other);
  auto run = begin("run-1", other->pid);
  run.id = "run-2";
  run.pid_start -= 1;
  store_->begin(run);
  ASSERT_TRUE(store_->flush());
  EXPECT_EQ(call(run_stop, {"run-2"}), 0);
  EXPECT_THAT(err_, HasSubstr("interrupted"));
  EXPECT_NE(process_start(other->pid), 0u) << "still there";
  EXPECT_EQ(kill(other->pid, SIGKILL), 0);
  ASSERT_TRUE(wait_for(*other));
}

RunReport report_of(std::size_t steps) {
  RunReport report;
  report.run = "r1";
  report.status = RunStatus::Succeeded;
  report.seconds = 12.5;
  report.store = "/data/.boxcar";
  auto image = std::make_shared<Image>();
  image->reference = "docker.io/kliko/simms:latest";
  image->identity = sha256("image");
  auto tool = std::make_shared<ResolvedTool>();
  tool->image = image;
  for (std::size_t i = 0; i < steps; ++i) {
    PlannedStep step;
    step.name = fmt::format("step-{}", steps - i);
    step.tool = tool;
    report.plan.steps.push_back(std::move(step));
    StepState state;
    state.status = StepStatus::Cached;
    state.key = sha256("key");
    state.seconds = 0.25;
    report.steps.push_back(state);
  }
  report.plan.connect({});
  return report;
}

TEST(JsonReportTest, HasTheShapeThatIsPromised) {
  RunReport report = report_of(3);
  report.steps[1].status = StepStatus::Failed;
  report.steps[1].key = {};
  report.steps[1].exit_code = 137;
  report.steps[1].attempts = 3;
  report.steps[1].needs.limits = {1.5, 64 << 20, 1};
  report.steps[1].failure = Failure::Memory;
  report.steps[1].message = "ran out of \"memory\"";
  report.outputs = {{"images", "/data/images"}, {"none", ""}};
  report.plan.steps[2].name = "unwanted";
  report.wanted = {true, true, false};
  const std::string text = json_report(report);
  EXPECT_EQ(
      text,
      fmt::format(
          R"({{"run":"r1","status":"succeeded","seconds":12.5,"steps":{{)"
          R"("step-3":{{"status":"cached","exit_code":null,"key":"{0}","image":"docker.io/kliko/simms:latest",)"
          R"("result":"/data/.boxcar/{1}/{2}","seconds":0.25,"peak_memory":null,"resources":null,"attempts":0,"failure":null,"message":null}},)"
          R"("step-2":{{"status":"failed","exit_code":137,"key":null,"image":"docker.io/kliko/simms:latest",)"
          R"("result":null,"seconds":0.25,"peak_memory":null,"resources":{{"requests":{{}},"limits":{{"cpu":1.5,"memory":67108864,"gpus":1}}}},)"
          R"("attempts":3,"failure":"memory","message":"ran out of \"memory\""}}}},)"
          R"("outputs":{{"images":"/data/images","none":null}}}})",
          sha256("key").hex(), sha256("image").short_hex(), sha256("key").short_hex()));
  EXPECT_TRUE(ordered_json::accept(text));
}

TEST(JsonReportTest, AHundredThousandStepsGoOutInPieces) {
  const RunReport report = report_of(100'000);
  std::size_t pieces = 0;
  std::size_t largest = 0;
  const test::Stopwatch watch;
  write_json_report(report, [&](std::string_view piece) {
    ++pieces;
    largest = std::max(largest, piece.size());
  });
  EXPECT_GT(pieces, 100u);
  EXPECT_LT(largest, 80u << 10);
  EXPECT_LT(watch.seconds(), 1.0 * test::kSlowdown);  // 0.1 s where it was measured
}

TEST(JsonReportTest, FindingsHaveTheirPlaces) {
  Findings findings;
  findings.error("a \"b\".yml", {3, 7}, "wrong\nin two lines");
  findings.warn("", {}, "odd");
  EXPECT_EQ(json_findings(findings),
            R"({"findings":[{"file":"a \"b\".yml","line":3,"column":7,"message":"wrong\nin two lines"},)"
            R"({"file":null,"line":null,"column":null,"message":"warning: odd"}]})");
  EXPECT_EQ(json_findings({}), R"({"findings":[]})");
}

}  // namespace
}  // namespace boxcar
