#include "run/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fakes/fake_engine.h"
#include "fakes/graph.h"
#include "fakes/memory_results.h"

namespace boxcar {
namespace {

using fakes::FakeEngine;
using fakes::GraphMaker;
using fakes::MemoryResults;
using testing::ElementsAre;
using testing::HasSubstr;

// Remembers in which order steps were started, and what became of them.
struct Watcher : Observer {
  void run_started(const Plan& plan, const std::vector<bool>&, const std::string&) override { plan_ = &plan; }
  void step_changed(StepIndex step, const StepState& state) override {
    if (state.status == StepStatus::Running) started.push_back(plan_->steps[step].name);
    if (state.status == StepStatus::Waiting) waiting.push_back(state.message);
  }
  void note(const std::string& text) override { notes.push_back(text); }
  void tick() override {
    if (on_tick) on_tick();
  }
  std::vector<std::string> started;
  std::vector<std::string> waiting;
  std::vector<std::string> notes;
  std::function<void()> on_tick;
  const Plan* plan_ = nullptr;
};

struct World {
  explicit World(Plan p) : plan(std::move(p)) {}

  RunStatus run(ScheduleOptions options = {}) {
    options.run = "run";
    if (options.jobs == 0) options.jobs = 1;
    Attempts attempts(
        results,
        [this](EngineSink& sink) -> Result<std::unique_ptr<Engine>> {
          if (refusal) return fail(*refusal);
          auto made = std::make_unique<FakeEngine>(sink, script);
          engine = made.get();
          return made;
        },
        submit, events);
    watcher = Watcher{};
    watcher.on_tick = on_tick;
    const auto digest = [this](const std::string& path) -> Result<Content> {
      if (unreadable) return fail(*unreadable);
      return Content{sha256(path), PortKind::Directory, path};
    };
    Scheduler scheduler({plan, results, attempts, events, submit, digest, [] {}, watcher}, std::move(options));
    const RunStatus status = scheduler.run();
    trouble = scheduler.trouble();
    states = scheduler.take_states();
    return status;
  }

  std::vector<StepStatus> statuses() const {
    std::vector<StepStatus> out;
    for (const auto& state : states) out.push_back(state.status);
    return out;
  }

  Plan plan;
  MemoryResults results;
  EventQueue events;
  Submit submit = [](const std::function<void()>& job) { job(); };
  FakeEngine::Script script = [](const Job&) { return Ending{}; };
  FakeEngine* engine = nullptr;
  std::optional<Error> refusal;     // instead of an engine
  std::optional<Error> unreadable;  // instead of what lies on the host
  std::function<void()> on_tick;
  Watcher watcher;
  std::vector<StepState> states;
  std::optional<Error> trouble;
};

Plan chain(int n) {
  GraphMaker graph;
  std::optional<StepIndex> before;
  for (int i = 0; i < n; ++i) before = graph.step("s" + std::to_string(i), before);
  return graph.make();
}

Ending exit_with(int code) {
  Ending ending;
  ending.exit_code = code;
  return ending;
}

TEST(Scheduler, RunsAChainInOrderAndFindsItsResultsAgain) {
  World world(chain(3));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("s0", "s1", "s2"));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_TRUE(world.watcher.started.empty());
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Cached, StepStatus::Cached, StepStatus::Cached));
}

TEST(Scheduler, KeepsOrderWithoutData) {
  GraphMaker graph;
  const auto b = graph.step("b");
  const auto a = graph.step("a");
  World world(graph.make({{a, b}}));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("a", "b"));
}

TEST(Scheduler, StopsStartingAfterAFailure) {
  GraphMaker graph;
  const auto a = graph.step("a");
  graph.step("b", a);
  graph.step("c");
  World world(graph.make());
  world.script = [](const Job& job) { return exit_with(job.name.step == "a" ? 3 : 0); };
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Failed, StepStatus::Skipped, StepStatus::Skipped));
  EXPECT_THAT(world.states[0].message, HasSubstr("exited with code 3"));
  EXPECT_THAT(world.states[1].message, HasSubstr("needs a"));
  EXPECT_FALSE(world.trouble);
}

TEST(Scheduler, KeepsGoingWithWhatDoesNotDependOnTheFailure) {
  GraphMaker graph;
  const auto a = graph.step("a");
  graph.step("b", a);
  graph.step("c");
  World world(graph.make());
  world.script = [](const Job& job) { return exit_with(job.name.step == "a" ? 3 : 0); };
  ScheduleOptions options;
  options.keep_going = true;
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Failed);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Failed, StepStatus::Skipped, StepStatus::Succeeded));
}

TEST(Scheduler, TriesAgainAsOftenAsTheStepSays) {
  GraphMaker graph;
  StepOptions options;
  options.retries = 2;
  graph.step("a", {}, std::move(options));
  World world(graph.make());
  int calls = 0;
  world.script = [&](const Job& job) {
    EXPECT_EQ(job.name.attempt, ++calls);
    return exit_with(calls < 3 ? 1 : 0);
  };
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_EQ(world.states[0].attempts, 3);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(1500)) << "0.5 s, then 1 s";
}

TEST(Scheduler, SaysWhyItTriesAgainAndThatItWaitsForAnother) {
  GraphMaker graph;
  StepOptions options;
  options.retries = 1;
  graph.step("a", {}, std::move(options));
  World world(graph.make());
  world.script = [](const Job& job) { return exit_with(job.name.attempt == 1 ? 7 : 0); };
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.waiting, ElementsAre("exited with code 7; attempt 2 of 2 in 0.5s"));

  const Key key = world.states[0].key;
  world.results.forget(key);
  auto other = world.results.try_lock(key);
  int ticks = 0;
  world.on_tick = [&] {
    if (++ticks == 3) other.reset();
  };
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.notes, ElementsAre("step a: waiting for another boxcar, which computes the same"));
}

TEST(Scheduler, WhatAnEngineFindsWrongWithAStepIsTheStepsFailure) {
  World world(chain(1));
  world.refusal = Error{ErrorKind::Invalid, "there is no /kliko in the image", {}};
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_EQ(world.states[0].message, "there is no /kliko in the image");
  EXPECT_EQ(world.states[0].failure, Failure::Invalid);
  EXPECT_EQ(world.states[0].attempts, 1);
  EXPECT_FALSE(world.trouble);
  world.refusal = Error{ErrorKind::NotFound, "the container runtime 'nope' is not installed", {}};
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_EQ(world.states[0].attempts, 1) << "trying again does not help";
  EXPECT_TRUE(world.trouble);
}

TEST(Scheduler, PausesTwiceAsLongEachTimeUpToHalfAMinute) {
  std::vector<std::int64_t> pauses;
  for (int attempts = 1; attempts <= 9; ++attempts) pauses.push_back(pause_after(attempts).count());
  EXPECT_THAT(pauses, ElementsAre(500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000));
  EXPECT_EQ(pause_after(1'000'000), std::chrono::milliseconds(30'000));
}

TEST(Scheduler, DoesNotWaitToTryAgainWhatIsNotToRunAnyMore) {
  GraphMaker graph;
  StepOptions options;
  options.retries = 20;
  graph.step("a", {}, std::move(options));
  graph.step("b");
  World world(graph.make());
  const auto takes = [&](RunStatus expected) {  // the quickest of some, as the machine may be busy
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 5; ++i) {
      const auto began = std::chrono::steady_clock::now();
      EXPECT_EQ(world.run(), expected);
      best = std::min(best, std::chrono::steady_clock::now() - began);
    }
    return best;
  };
  world.script = [](const Job&) { return exit_with(1); };  // b fails while a waits
  EXPECT_LT(takes(RunStatus::Failed), std::chrono::milliseconds(400));
  world.script = [](const Job& job) { return exit_with(job.name.step == "a" ? 1 : 0); };
  world.on_tick = [&] { world.events.post(Interrupted{}); };
  EXPECT_LT(takes(RunStatus::Cancelled), std::chrono::milliseconds(400));
}

TEST(Scheduler, ComputesTheSameActionOnce) {
  GraphMaker graph;
  const auto a = graph.step("same");
  const auto b = graph.step("same");
  graph.step("after", b);
  (void)a;
  World world(graph.make());
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("same", "after"));
  EXPECT_EQ(world.states[1].status, StepStatus::Cached);
}

TEST(Scheduler, RunsAStepWithoutCacheEveryTime) {
  GraphMaker graph;
  StepOptions options;
  options.cache.enabled = false;
  const auto a = graph.step("a", {}, std::move(options));
  graph.step("b", a);
  World world(graph.make());
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("a"));  // its content is the same, so what reads it is known
}

TEST(Scheduler, RunsOnlyWhatATargetNeeds) {
  GraphMaker graph;
  const auto a = graph.step("a");
  const auto b = graph.step("b", a);
  graph.step("c", b);
  World world(graph.make());
  ScheduleOptions options;
  options.wanted = world.plan.needed_for({b});
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("a", "b"));
}

TEST(Scheduler, RerunsWhatItIsTold) {
  World world(chain(2));
  world.run();
  ScheduleOptions options;
  options.rerun = {true, false};
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_THAT(world.watcher.started, ElementsAre("s0"));
}

TEST(Scheduler, RunsAsManyAtOnceAsAllowed) {
  GraphMaker graph;
  for (int i = 0; i < 5; ++i) graph.step("s" + std::to_string(i));
  World world(graph.make());
  std::vector<JobId> going;
  std::size_t most = 0;
  world.script = [&](const Job& job) -> std::optional<Ending> {
    going.push_back(job.id);
    most = std::max(most, going.size());
    return std::nullopt;
  };
  world.on_tick = [&] {
    const auto id = going.front();
    going.erase(going.begin());
    world.engine->finish(id, {});
  };
  ScheduleOptions options;
  options.jobs = 2;
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_EQ(most, 2U);
}

TEST(Scheduler, WaitsForAnotherRunnerThatHasTheKey) {
  World world(chain(1));
  world.run();
  const Key key = world.states[0].key;
  const auto result = world.results.lookup({}, key);
  world.results.forget(key);
  auto lock = world.results.try_lock(key);
  int ticks = 0;
  world.on_tick = [&] {
    if (++ticks == 2) lock.reset();
  };
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_GE(ticks, 2);
  EXPECT_EQ(world.states[0].attempts, 1);
}

TEST(Scheduler, TakesTheResultThatAnotherRunnerLeftJustBeforeTheLock) {
  World world(chain(1));
  world.run();
  const Key key = world.states[0].key;
  const auto result = world.results.lookup({}, key);
  world.results.forget(key);
  world.results.on_lock = [&] { world.results.leave(*result); };
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_EQ(world.states[0].status, StepStatus::Cached);
  EXPECT_EQ(world.states[0].attempts, 0);
}

TEST(Scheduler, GoesOnAfterAResultThatAnotherRunnerLeftWhileNothingElseRuns) {
  for (const bool later : {false, true}) {  // at the start, or when another runner gave its key back
    World world(chain(3));
    world.run();
    std::vector<StoredResult> results;
    for (const auto& state : world.states) results.push_back(*world.results.lookup({}, state.key));
    for (const auto& state : world.states) world.results.forget(state.key);
    auto other = later ? world.results.try_lock(world.states[0].key) : nullptr;
    world.on_tick = [&] { other.reset(); };
    world.results.on_lock = [&] {
      if (!other) world.results.leave(results[0]);
    };
    EXPECT_EQ(world.run(), RunStatus::Succeeded);
    EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Cached, StepStatus::Succeeded, StepStatus::Succeeded));
  }
}

// What MemoryResults keep lies nowhere, so that whoever measures it finds nothing there.
TEST(Scheduler, MeasuresNothingOfAStepWhoseResultIsKnown) {
  World world(chain(2));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  StepOptions options;
  options.scale.emplace_back("input", ScaleRule());
  world.plan.steps[1].options = std::make_shared<const StepOptions>(std::move(options));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Cached, StepStatus::Cached));
  world.results.forget(world.states[1].key);
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_THAT(world.states[1].message, HasSubstr("measuring input 'input'"));
}

TEST(Scheduler, TellsWhatAStepGot) {
  GraphMaker graph;
  StepOptions options;
  options.needs.limits.memory = 64 << 20;
  graph.step("a", {}, std::move(options));
  World world(graph.make());
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_EQ(world.states[0].needs.limits.memory, 64U << 20);
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_EQ(world.states[0].needs, Needs()) << "nothing ran";
}

TEST(Scheduler, StopsContainersWhenInterrupted) {
  World world(chain(2));
  world.script = [&](const Job&) -> std::optional<Ending> {
    world.events.post(Interrupted{});
    return std::nullopt;
  };
  EXPECT_EQ(world.run(), RunStatus::Cancelled);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Cancelled, StepStatus::Cancelled));
}

TEST(Scheduler, TellsADryRunWhatWouldHappen) {
  World world(chain(3));
  ScheduleOptions first;
  first.wanted = {true, false, false};
  world.run(std::move(first));
  ScheduleOptions options;
  options.dry_run = true;
  options.explain = [](StepIndex, const Action&) { return "parameter name differs"; };
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_TRUE(world.watcher.started.empty());
  EXPECT_EQ(world.states[0].status, StepStatus::Cached);
  EXPECT_EQ(world.states[1].message, "parameter name differs");
  EXPECT_EQ(world.states[2].message, "depends on s1");
}

// What waits for another step without reading it has its result whatever becomes of that.
TEST(Scheduler, ADryRunKnowsWhatOnlyComesAfter) {
  GraphMaker graph;
  const auto a = graph.step("a");
  const auto b = graph.step("b");
  const auto c = graph.step("c", b);
  World world(graph.make({{a, b}}));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  world.results.forget(world.states[a].key);
  ScheduleOptions options;
  options.dry_run = true;
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Waiting, StepStatus::Cached, StepStatus::Cached));
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Succeeded, StepStatus::Cached, StepStatus::Cached));
  world.results.forget(world.states[b].key);
  options = {};
  options.dry_run = true;
  world.run(std::move(options));
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Cached, StepStatus::Waiting, StepStatus::Waiting));
  EXPECT_EQ(world.states[c].message, "depends on b");
}

// Exit code 3: the step is not to blame.
TEST(Scheduler, AnInputThatCanNotBeReadIsTheMachinesFailureAndNamed) {
  GraphMaker graph;
  const auto a = graph.step("a");
  graph.step("b", a);
  const auto c = graph.step("c");
  Plan plan = graph.make();
  for (const auto step : {a, c}) {
    plan.steps[step].inputs = {{0, false, 0, PlannedInput::kHost, 0, "/of " + plan.steps[step].name}};
  }
  World world(std::move(plan));
  world.unreadable = Error{ErrorKind::Denied, "reading /in/x: Permission denied", {}};
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Failed, StepStatus::Skipped, StepStatus::Skipped));
  EXPECT_EQ(world.states[a].message, "input 'input': reading /in/x: Permission denied");
  ASSERT_TRUE(world.trouble);
  EXPECT_EQ(world.trouble->kind, ErrorKind::Denied);
  ScheduleOptions options;
  options.dry_run = true;
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Failed);
  EXPECT_THAT(world.statuses(), ElementsAre(StepStatus::Failed, StepStatus::Skipped, StepStatus::Failed))
      << "a dry run tells of every step";
  world.unreadable = Error{ErrorKind::Invalid, "/in/x is a FIFO", {}};
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_FALSE(world.trouble);
}

TEST(Scheduler, TellsOfAnEngineThatCanNotBeUsed) {
  World world(chain(2));
  world.script = [](const Job&) {
    Ending ending;
    ending.engine_error = "/kliko is not in the image";
    return ending;
  };
  EXPECT_EQ(world.run(), RunStatus::Failed);
  EXPECT_EQ(world.states[0].message, "/kliko is not in the image");
}

// Whatever the container did, and whatever `retries:` says.
TEST(Scheduler, TriesAgainWhatAnEngineLostOnlyWhereThatMayHelp) {
  for (const auto& [kind, attempts] : {std::pair{ErrorKind::Unavailable, 3}, {ErrorKind::Exhausted, 1}}) {
    World world(chain(1));
    int begun = 0;
    world.script = [&, kind = kind](const Job&) {
      ++begun;
      Ending ending;
      ending.lost = Error{kind, "no space left", "fetching /output"};
      return ending;
    };
    EXPECT_EQ(world.run(), RunStatus::Failed);
    EXPECT_EQ(begun, attempts);
    EXPECT_EQ(world.trouble->kind, kind);
    EXPECT_THAT(world.trouble->sentence(), HasSubstr("fetching /output: no space left"));
  }
}

TEST(Scheduler, SaysWhyAContainerEnded) {
  const std::map<std::string, Ending> endings = [] {
    std::map<std::string, Ending> out;
    out["exited with code 3"].exit_code = 3;
    out["was killed by signal 11"].exit_code = 139;
    out["ran out of memory"].exit_code = 137;
    out["ran out of memory"].out_of_memory = true;
    out["took longer than its timeout"].timed_out = true;
    return out;
  }();
  std::vector<Failure> failures{Failure::Exit, Failure::Memory, Failure::Timeout, Failure::Signal};
  for (const auto& [message, ending] : endings) {
    World world(chain(1));
    world.script = [ending = ending](const Job&) { return ending; };
    EXPECT_EQ(world.run(), RunStatus::Failed);
    EXPECT_EQ(world.states[0].failure, failures.front());
    failures.erase(failures.begin());
    EXPECT_THAT(world.states[0].message, HasSubstr(message));
  }
}

// Ends the containers one after the other, as the ticks come, and says how many ran at once.
TEST(Scheduler, StartsOnlyWhatFitsIntoTheMachine) {
  GraphMaker graph;
  for (int i = 0; i < 4; ++i) {
    StepOptions options;
    options.needs.requests.memory = std::uint64_t{3} << 30;
    graph.step("s" + std::to_string(i), {}, std::move(options));
  }
  graph.step("small");
  World world(graph.make());
  std::vector<JobId> running;
  std::size_t most = 0;
  world.script = [&](const Job& job) -> std::optional<Ending> {
    running.push_back(job.id);
    most = std::max(most, running.size());
    return std::nullopt;
  };
  world.on_tick = [&] {
    for (const JobId id : std::exchange(running, {})) world.engine->finish(id, Ending{});
  };
  ScheduleOptions options;
  options.jobs = 5;
  options.machine.memory = std::uint64_t{8} << 30;
  EXPECT_EQ(world.run(std::move(options)), RunStatus::Succeeded);
  EXPECT_EQ(most, 3U) << "two that request 3 GiB of 8, and the one that requests nothing";
  EXPECT_THAT(world.watcher.started, ElementsAre("s0", "s1", "small", "s2", "s3"));
}

TEST(Scheduler, GivesMoreMemoryAfterARunOutOfIt) {
  GraphMaker graph;
  StepOptions options;
  options.needs.limits.memory = std::uint64_t{50} << 20;
  options.retries = 2;
  options.retry_memory = 2;
  options.max_memory = std::uint64_t{150} << 20;
  graph.step("a", {}, std::move(options));
  World world(graph.make());
  std::vector<std::uint64_t> limits;
  world.script = [&](const Job& job) {
    limits.push_back(job.action->needs.limits.memory.value_or(0) >> 20);
    Ending ending = exit_with(limits.size() < 3 ? 137 : 0);
    ending.out_of_memory = ending.exit_code != 0;
    return ending;
  };
  EXPECT_EQ(world.run(), RunStatus::Succeeded);
  EXPECT_THAT(limits, ElementsAre(50, 100, 150));
  EXPECT_THAT(
      world.watcher.waiting,
      ElementsAre("ran out of memory (its limit is 50 MiB; raise resources.memory); attempt 2 of 3 with a limit "
                  "of 100 MiB in 0.5s",
                  "ran out of memory (its limit is 100 MiB; raise resources.memory); attempt 3 of 3 with a limit "
                  "of 150 MiB in 1.0s"));
}

}  // namespace
}  // namespace boxcar
