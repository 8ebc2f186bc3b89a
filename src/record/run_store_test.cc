#include "record/run_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "fakes/stopwatch.h"
#include "fakes/temporary_directory.h"
#include "record/database.h"

namespace boxcar {
namespace {

class RecordTest : public testing::Test {
 protected:
  std::unique_ptr<RunStore> open() {
    auto store = RunStore::open(path_);
    if (!store) ADD_FAILURE() << store.error().text();
    return store ? std::move(*store) : nullptr;
  }

  void change(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  const TemporaryDirectory directory_;
  std::string path_ = directory_ / "runs.db";
};

RunRecord a_run(const std::string& id) {
  RunRecord run;
  run.id = id;
  run.workflow = "imaging";
  run.file = "/data/boxcar.yml";
  run.command = "boxcar run boxcar.yml";
  run.store = "/data/.boxcar";
  run.engine = "embedded (crun 1.8.1)";
  run.engine_why = "it works here";
  run.started = 1'700'000'000'000'000;
  run.pid = getpid();
  run.pid_start = process_start(getpid());
  run.total = 2;
  return run;
}

StepRecord a_step(std::uint32_t index, const std::string& name, StepStatus status = StepStatus::Succeeded) {
  StepRecord step;
  step.index = index;
  step.name = name;
  step.status = status;
  step.key = sha256(name);
  step.image = sha256("image");
  step.image_name = "docker.io/kliko/simms:latest";
  step.seconds = 1.25;
  step.peak_memory = 4096;
  step.needs = {{{}, 64 << 20, {}}, {1.5, 128 << 20, 1}};
  step.attempts = 1;
  return step;
}

TEST_F(RecordTest, GivesBackWhatWasWritten) {
  auto store = open();
  const RunRecord run = a_run("r1");
  store->begin(run);
  StepRecord failed = a_step(1, "predict", StepStatus::Failed);
  failed.exit_code = 3;
  failed.failure = Failure::Exit;
  failed.message = "exit code 3";
  failed.last = true;
  store->update("r1", failed);
  store->update("r1", a_step(0, "simulate", StepStatus::Running));
  store->update("r1", a_step(0, "simulate"));
  store->finish("r1", RunStatus::Failed, run.started + 5);

  const auto runs = store->runs(10);
  ASSERT_TRUE(runs) << runs.error().text();
  ASSERT_EQ(runs->size(), 1u);
  const RunRecord& found = runs->front();
  EXPECT_EQ(found.id, run.id);
  EXPECT_EQ(found.workflow, run.workflow);
  EXPECT_EQ(found.file, run.file);
  EXPECT_EQ(found.command, run.command);
  EXPECT_EQ(found.store, run.store);
  EXPECT_EQ(found.engine, run.engine);
  EXPECT_EQ(found.engine_why, run.engine_why);
  EXPECT_EQ(found.status, RunStatus::Failed);
  EXPECT_EQ(found.started, run.started);
  EXPECT_EQ(found.finished, run.started + 5);
  EXPECT_EQ(found.pid, run.pid);
  EXPECT_EQ(found.pid_start, run.pid_start);
  EXPECT_EQ(found.total, 2u);

  const auto steps = store->steps("r1");
  ASSERT_TRUE(steps);
  ASSERT_EQ(steps->size(), 2u);
  EXPECT_EQ((*steps)[0].name, "simulate");
  EXPECT_EQ((*steps)[0].status, StepStatus::Succeeded) << "the latest counts";
  EXPECT_FALSE((*steps)[0].exit_code);
  EXPECT_EQ((*steps)[1].status, StepStatus::Failed);
  EXPECT_EQ((*steps)[1].exit_code, 3);
  EXPECT_EQ((*steps)[1].failure, Failure::Exit);
  EXPECT_EQ((*steps)[1].message, "exit code 3");
  EXPECT_TRUE((*steps)[1].last);
  EXPECT_EQ((*steps)[1].key, sha256("predict"));
  EXPECT_EQ((*steps)[1].image, sha256("image"));
  EXPECT_EQ((*steps)[1].image_name, "docker.io/kliko/simms:latest");
  EXPECT_EQ((*steps)[1].seconds, 1.25);
  EXPECT_EQ((*steps)[1].peak_memory, 4096u);
  EXPECT_EQ((*steps)[1].needs, (Needs{{{}, 64 << 20, {}}, {1.5, 128 << 20, 1}}));
  EXPECT_EQ((*steps)[1].attempts, 1);
}

TEST_F(RecordTest, AnotherObjectSeesARunWhileItRuns) {
  auto writer = open();
  auto reader = open();
  writer->begin(a_run("r1"));
  writer->update("r1", a_step(0, "simulate", StepStatus::Running));
  for (int i = 0; i < 100; ++i) {
    const auto steps = reader->steps("r1");
    ASSERT_TRUE(steps);
    if (steps->size() == 1) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL() << "nothing seen for two seconds, without a flush";
}

TEST_F(RecordTest, KeepsARunAfterItIsClosedAndAfterAKill) {
  const pid_t child = fork();
  if (child == 0) {
    auto store = RunStore::open(path_);
    (*store)->begin(a_run("r1"));
    (*store)->update("r1", a_step(0, "simulate"));
    (void)(*store)->flush();
    (*store)->update("r1", a_step(1, "predict"));
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  auto store = open();
  auto run = store->find("r1");
  ASSERT_TRUE(run && *run);
  EXPECT_EQ((*run)->status, RunStatus::Running);
  EXPECT_EQ(store->steps("r1")->size(), 1u);
  (*run)->pid = child;
  EXPECT_FALSE(runner_alive(**run));
  EXPECT_TRUE(store->close());
  store->update("r1", a_step(1, "predict"));
  EXPECT_EQ(open()->steps("r1")->size(), 1u) << "closed is closed";
}

TEST_F(RecordTest, FindsByAUniqueBeginningAndTheLatest) {
  auto store = open();
  EXPECT_FALSE(*store->find(""));
  store->begin(a_run("20261122-141930-abcd"));
  store->begin(a_run("20261122-141930-abcd2"));
  store->begin(a_run("20261123-000000-wxyz"));
  EXPECT_EQ((*store->find(""))->id, "20261123-000000-wxyz");
  EXPECT_EQ((*store->find("20261123"))->id, "20261123-000000-wxyz");
  EXPECT_EQ((*store->find("20261122-141930-abcd"))->id, "20261122-141930-abcd") << "whole, though it begins another";
  const auto ambiguous = store->find("20261122");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().kind, ErrorKind::Invalid);
  EXPECT_NE(ambiguous.error().text().find("abcd2"), std::string::npos);
  EXPECT_FALSE(*store->find("2027"));
  EXPECT_FALSE(*store->find("%"));
  const auto runs = store->runs(2);
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].id, "20261123-000000-wxyz") << "newest first";
}

TEST_F(RecordTest, PreviousIsTheNewestResultOfThatStepOfThatWorkflow) {
  auto store = open();
  const auto add = [&](const std::string& id, const std::string& file, StepStatus status, const std::string& key) {
    RunRecord run = a_run(id);
    run.file = file;
    store->begin(run);
    store->update(id, a_step(0, "other"));
    StepRecord step = a_step(1, "simulate", status);
    step.key = sha256(key);
    store->update(id, step);
  };
  add("r1", "/data/boxcar.yml", StepStatus::Succeeded, "first");
  add("r2", "/data/boxcar.yml", StepStatus::Cached, "second");
  add("r3", "/data/boxcar.yml", StepStatus::Failed, "failed");
  add("r4", "/data/another.yml", StepStatus::Succeeded, "of another");
  add("r5", "/data/boxcar.yml", StepStatus::Succeeded, "the present one");
  const auto previous = store->previous("/data/.boxcar", "/data/boxcar.yml", "simulate", "r5");
  ASSERT_TRUE(previous && *previous);
  EXPECT_EQ((*previous)->key, sha256("second"));
  EXPECT_EQ((*previous)->index, 1u);
  EXPECT_FALSE(*store->previous("/data/.boxcar", "/data/boxcar.yml", "unknown", "r5"));
  EXPECT_FALSE(*store->previous("/other/.boxcar", "/data/boxcar.yml", "simulate", "r5"));
}

TEST_F(RecordTest, KeysAreTheRootsOfOneStore) {
  auto store = open();
  store->begin(a_run("r1"));
  store->update("r1", a_step(0, "a"));
  StepRecord waiting = a_step(1, "b", StepStatus::Waiting);
  waiting.key = {};
  store->update("r1", waiting);
  store->begin(a_run("r2"));
  store->update("r2", a_step(0, "a", StepStatus::Cached));
  store->update("r2", a_step(1, "c"));
  RunRecord elsewhere = a_run("r3");
  elsewhere.store = "/elsewhere";
  store->begin(elsewhere);
  store->update("r3", a_step(0, "d"));
  const auto keys = store->keys("/data/.boxcar");
  ASSERT_TRUE(keys);
  std::vector<Key> expected{sha256("a"), sha256("c")};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(*keys, expected);
}

TEST_F(RecordTest, ForgetsARunButNotALiveOne) {
  auto store = open();
  store->begin(a_run("r1"));
  store->update("r1", a_step(0, "a"));
  const auto refused = store->forget("r1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
  store->finish("r1", RunStatus::Succeeded, 1, "", {{"images", "/data/images"}});
  EXPECT_EQ(store->outputs("r1")->size(), 1U);
  ASSERT_TRUE(store->forget("r1"));
  EXPECT_TRUE(store->runs(10)->empty());
  EXPECT_TRUE(store->keys("/data/.boxcar")->empty());
  EXPECT_TRUE(store->outputs("r1")->empty());
  EXPECT_TRUE(store->forget("r1")) << "twice is no error";
}

TEST_F(RecordTest, ManyProcessesMayBeTheFirstToOpenIt) {
  for (int round = 0; round < 20; ++round) {
    path_ = directory_ / fmt::format("{}.db", round);
    std::array<pid_t, 6> children{};
    for (pid_t& child : children) {
      child = fork();
      if (child != 0) continue;
      const auto store = RunStore::open(path_);
      if (!store) fmt::print(stderr, "{}\n", store.error().text());
      _exit(store ? 0 : 1);
    }
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      EXPECT_EQ(status, 0);
    }
  }
}

TEST_F(RecordTest, TwoProcessesWriteAtOnceFromTheVeryFirstOpening) {
  std::array<pid_t, 4> children{};
  for (std::size_t n = 0; n < children.size(); ++n) {
    children[n] = fork();
    if (children[n] != 0) continue;
    auto store = RunStore::open(path_);
    if (!store) _exit(1);
    for (int i = 0; i < 20; ++i) {
      const std::string id = fmt::format("run-{}-{}", n, i);
      (*store)->begin(a_run(id));
      for (std::uint32_t step = 0; step < 100; ++step) (*store)->update(id, a_step(step, "s"));
      (*store)->finish(id, RunStatus::Succeeded, 1);
      if (!(*store)->flush()) _exit(2);
    }
    _exit((*store)->close() ? 0 : 3);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << WEXITSTATUS(status);
  }
  auto store = open();
  const auto runs = store->runs(1000);
  ASSERT_EQ(runs->size(), 80u);
  for (const RunRecord& run : *runs) {
    EXPECT_EQ(run.status, RunStatus::Succeeded);
    EXPECT_EQ(store->steps(run.id)->size(), 100u);
  }
}

TEST_F(RecordTest, WaitsForALockAndSaysSoWhenItIsNeverGiven) {
  auto store = open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  store->begin(a_run("r1"));
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  EXPECT_TRUE(store->flush());
  release.join();
  EXPECT_EQ(store->runs(10)->size(), 1u);

  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  store->begin(a_run("r2"));
  const auto began = std::chrono::steady_clock::now();
  store->update("r2", a_step(0, "a"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(1)) << "the caller does not wait";
  const auto closed = store->close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().kind, ErrorKind::Unavailable) << closed.error().text();
  EXPECT_NE(closed.error().text().find(path_), std::string::npos);
  sqlite3_close(other);
}

TEST_F(RecordTest, RefusesWhatIsNoDatabaseOfItsOwn) {
  ASSERT_TRUE(write_file(path_, std::string(8192, 'x')));
  auto store = RunStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::Internal);
  EXPECT_NE(store.error().text().find(path_), std::string::npos) << store.error().text();
  EXPECT_EQ(read_file(path_)->size(), 8192u) << "left alone";

  path_ = directory_ / "other.db";
  change("CREATE TABLE bookmarks (x)");
  store = RunStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::Internal);
  EXPECT_NE(store.error().text().find("another program"), std::string::npos);
}

TEST_F(RecordTest, RefusesANewerVersion) {
  open();
  change("PRAGMA user_version = 1000");
  const auto store = RunStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::Internal);
  EXPECT_NE(store.error().text().find("newer boxcar"), std::string::npos);
}

TEST_F(RecordTest, ATruncatedDatabaseIsAnErrorAndNoCrash) {
  {
    auto store = open();
    for (int i = 0; i < 200; ++i) store->begin(a_run(fmt::format("run-{}", i)));
    for (std::uint32_t i = 0; i < 2000; ++i) store->update("run-0", a_step(i, "step"));
    ASSERT_TRUE(store->close());
  }
  change("PRAGMA wal_checkpoint(TRUNCATE)");
  struct stat whole {};
  ASSERT_EQ(stat(path_.c_str(), &whole), 0);
  ASSERT_EQ(truncate(path_.c_str(), whole.st_size / 2 / 4096 * 4096), 0);
  auto store = RunStore::open(path_);
  if (store) {
    const auto steps = (*store)->steps("run-0");
    ASSERT_FALSE(steps);
    EXPECT_EQ(steps.error().kind, ErrorKind::Internal) << steps.error().text();
    EXPECT_NE(steps.error().text().find("move it away"), std::string::npos);
    (*store)->begin(a_run("new"));
    EXPECT_FALSE((*store)->close()) << "said at the end, and the run went on";
  } else {
    EXPECT_EQ(store.error().kind, ErrorKind::Internal);
  }
}

TEST_F(RecordTest, ADirectoryThatCantBeMadeIsSaid) {
  const auto store = RunStore::open("/proc/nothing/runs.db");
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().text().find("/proc/nothing"), std::string::npos);
}

TEST_F(RecordTest, AnOlderVersionIsBroughtUpToDateOnce) {
  const char* const first[] = {"CREATE TABLE t (a); INSERT INTO t VALUES (1)"};
  const char* const both[] = {first[0], "ALTER TABLE t ADD COLUMN b DEFAULT 7"};
  const char* const broken[] = {first[0], both[1], "UPDATE t SET a = 2; SELECT nonsense FROM nowhere"};
  for (int i = 0; i < 2; ++i) {
    auto database = Database::open(path_, 1000);
    ASSERT_TRUE(database);
    ASSERT_TRUE(migrate(*database, first));
  }
  auto database = Database::open(path_, 1000);
  ASSERT_TRUE(migrate(*database, both));
  EXPECT_EQ(database->number("SELECT a + b FROM t").value(), 8);
  EXPECT_FALSE(migrate(*database, broken));
  EXPECT_EQ(database->number("PRAGMA user_version").value(), 2) << "whole or not at all";
  EXPECT_EQ(database->number("SELECT a FROM t").value(), 1);
  EXPECT_EQ(migrate(*database, first).error().kind, ErrorKind::Internal);
}

TEST_F(RecordTest, AHundredThousandStepsCostTheCallerLittle) {
  auto store = open();
  store->begin(a_run("big"));
  std::vector<StepRecord> steps;
  for (std::uint32_t i = 0; i < 100'000; ++i) steps.push_back(a_step(i, fmt::format("step-{}", i), StepStatus::Cached));
  const test::Stopwatch watch;
  for (StepRecord& step : steps) store->update("big", std::move(step));
  ASSERT_TRUE(store->close());
  EXPECT_LT(watch.seconds(), 2.0 * test::kSlowdown);  // 0.11 s where it was measured
  const auto found = open()->steps("big");
  ASSERT_EQ(found->size(), 100'000u);
  EXPECT_EQ((*found)[99'999].name, "step-99999");
}

TEST(RunnerTest, KnowsAProcessByItsStart) {
  RunRecord run = a_run("r");
  EXPECT_TRUE(runner_alive(run));
  run.pid_start += 1;
  EXPECT_FALSE(runner_alive(run)) << "the pid went to another";
  run.pid_start = 0;
  EXPECT_FALSE(runner_alive(run));
  SpawnOptions options;
  options.argv = {"true"};
  const auto child = spawn(options);
  ASSERT_TRUE(child);
  // A zombie is dead, though its pid is not free.
  for (int i = 0; i < 500 && process_start(child->pid) != 0; ++i) usleep(10'000);
  EXPECT_EQ(process_start(child->pid), 0u);
  ASSERT_TRUE(wait_for(*child));
}

TEST(RunnerTest, IdsSortByTimeAndDiffer) {
  std::set<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.insert(new_run_id());
  EXPECT_GE(ids.size(), 49u);
  EXPECT_EQ(ids.begin()->size(), std::string("20261122-141930-x7k2").size());
  EXPECT_EQ(ids.begin()->substr(0, 2), "20");
}

TEST(RunnerTest, TheRecordLiesInTheStateDirectory) {
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(RunStore::default_path(), "/state/boxcar/runs.db");
  unsetenv("XDG_STATE_HOME");
  setenv("HOME", "/home/me", 1);
  EXPECT_EQ(RunStore::default_path(), "/home/me/.local/state/boxcar/runs.db");
}

}  // namespace
}  // namespace boxcar
