#include "record/run_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>

#include "base/fd.h"
#include "base/user_directories.h"
#include "record/database.h"
#include "record/schema.h"

namespace boxcar {
namespace {

constexpr auto kGatherTime = std::chrono::milliseconds(30);  // a run shorter than this is written at once, at its end
constexpr std::size_t kBatchSize = 2048;                     // or sooner, when this much has come together
constexpr std::size_t kMostQueued = 16384;                   // about 5 MB: whoever adds more lends the writer a hand
constexpr int busy_milliseconds = 5000;
// The log is brought into the database when that disturbs nobody (it syncs); at the end of a short run only when
// reading the log anew, as the next boxcar must, would take longer than opening the database may.
constexpr int kIdleCheckpointPages = 64;
constexpr int kClosingCheckpointPages = 256;

struct Update {
  std::string run;
  StepRecord step;
};
struct Finish {
  std::string run;
  RunStatus status;
  std::int64_t finished;
  std::string problem;
  std::vector<OutputRecord> outputs;
};
using Change = std::variant<RunRecord, Update, Finish>;

constexpr std::string_view kRunColumns =
    "SELECT id, workflow, file, command, store, engine, status, started, finished, pid, pid_start, total, engine_why, "
    "seq, problem "
    "FROM runs ";
constexpr std::string_view kStepColumns =
    "SELECT s.idx, s.name, s.status, s.exit_code, s.key, i.digest, i.name, s.seconds, s.peak_memory, s.attempts, "
    "s.message, s.began, s.failure, s.last, s.request_cpu, s.request_memory, s.request_gpus, s.limit_cpu, "
    "s.limit_memory, s.limit_gpus "
    "FROM steps s JOIN images i ON i.ref = s.image ";

RunRecord read_run(const Statement& row) {
  RunRecord run;
  run.id = row.text(0);
  run.workflow = row.text(1);
  run.file = row.text(2);
  run.command = row.text(3);
  run.store = row.text(4);
  run.engine = row.text(5);
  run.status = static_cast<RunStatus>(row.integer(6));
  run.started = row.integer(7);
  run.finished = row.integer(8);
  run.pid = static_cast<int>(row.integer(9));
  run.pid_start = static_cast<std::uint64_t>(row.integer(10));
  run.total = static_cast<std::uint32_t>(row.integer(11));
  run.engine_why = row.text(12);
  run.problem = row.text(14);
  return run;
}

Resources read_resources(const Statement& row, int column) {
  Resources resources;
  if (!row.is_null(column)) resources.cpu = row.real(column);
  if (!row.is_null(column + 1)) resources.memory = static_cast<std::uint64_t>(row.integer(column + 1));
  if (!row.is_null(column + 2)) resources.gpus = static_cast<int>(row.integer(column + 2));
  return resources;
}

StepRecord read_step(const Statement& row) {
  StepRecord step;
  step.index = static_cast<std::uint32_t>(row.integer(0));
  step.name = row.text(1);
  step.status = static_cast<StepStatus>(row.integer(2));
  if (!row.is_null(3)) step.exit_code = static_cast<int>(row.integer(3));
  step.key = row.digest(4);
  step.image = row.digest(5);
  step.image_name = row.text(6);
  step.seconds = row.real(7);
  step.peak_memory = static_cast<std::uint64_t>(row.integer(8));
  step.attempts = static_cast<int>(row.integer(9));
  step.message = row.text(10);
  step.began = row.integer(11);
  step.failure = static_cast<Failure>(row.integer(12));
  step.last = row.integer(13) != 0;
  step.needs = {read_resources(row, 14), read_resources(row, 17)};
  return step;
}

}  // namespace

struct RunStore::State {
  std::mutex queue_mutex;
  std::condition_variable wake;
  std::vector<Change> queue;
  std::thread writer;  // started with the first change
  bool closed = false;

  std::mutex database_mutex;  // taken before queue_mutex, so that batches are written in their order
  Database database;
  Statement insert_step;
  std::optional<Error> error;
  int log_pages = 0;
  std::unordered_map<std::string, std::int64_t> sequence;  // of the runs that this object writes
  std::map<std::pair<Digest, std::string>, std::int64_t> images;
  bool images_read = false;

  // For previous(): which steps the runs of one workflow had, newest run first, read when first asked for.
  struct Earlier {
    std::int64_t sequence;
    std::unordered_map<std::string, std::uint32_t> steps;
    bool read = false;
  };
  std::string earlier_of;
  std::vector<Earlier> earlier;

  void post(Change change);
  void write_in_background();
  Result<void> drain();
  Result<void> drain_locked();
  Result<void> write(const std::vector<Change>& batch);
  Result<void> write_run(const RunRecord& run);
  Result<void> write_step(const Update& update);
  Result<void> write_finish(const Finish& finish);
  Result<std::int64_t> sequence_of(const std::string& run);
  Result<std::int64_t> image_of(const StepRecord& step);
  Result<void> read_earlier(Earlier& run);
  Result<std::vector<RunRecord>> find_runs(Statement query);
  void checkpoint(int pages);
  Result<void> close();
};

std::string RunStore::default_path() {
  return join_path(user_state_directory(), "runs.db");
}

Result<std::unique_ptr<RunStore>> RunStore::open(const std::string& path) {
  auto state = std::make_unique<State>();
  if (path != ":memory:" && !exists(path)) CHECK_OK(make_directories(std::string(directory_name(path)), 0700));
  TRY(state->database, Database::open(path, busy_milliseconds));
  Database& database = state->database;
  // Without a checkpoint at the end nothing is synced while somebody waits for it.
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  CHECK_OK(migrate(database, record_schema));
  CHECK_OK(database.execute("PRAGMA synchronous = NORMAL"));
  const auto count_pages = [](void* context, sqlite3*, const char*, int pages) {
    static_cast<State*>(context)->log_pages = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database.get(), count_pages, state.get());
  return std::unique_ptr<RunStore>(new RunStore(std::move(state)));
}

RunStore::RunStore(std::unique_ptr<State> state) : state_(std::move(state)) {}

RunStore::~RunStore() {
  (void)close();
}

void RunStore::begin(const RunRecord& run) {
  state_->post(run);
}

void RunStore::update(const std::string& run, StepRecord step) {
  state_->post(Update{run, std::move(step)});
}

void RunStore::finish(const std::string& run, RunStatus status, std::int64_t finished, std::string problem,
                      std::vector<OutputRecord> outputs) {
  state_->post(Finish{run, status, finished, std::move(problem), std::move(outputs)});
}

Result<void> RunStore::flush() {
  return state_->drain();
}

Result<void> RunStore::close() {
  return state_->close();
}

// Writing.

void RunStore::State::post(Change change) {
  std::size_t queued = 0;
  {
    const std::lock_guard lock(queue_mutex);
    if (closed) return;
    queue.push_back(std::move(change));
    queued = queue.size();
    if (!writer.joinable()) writer = std::thread([this] { write_in_background(); });
  }
  if (queued == 1 || queued == kBatchSize) wake.notify_one();
  if (queued >= kMostQueued) (void)drain();
}

void RunStore::State::write_in_background() {
  std::unique_lock lock(queue_mutex);
  while (!closed) {
    wake.wait(lock, [&] { return closed || !queue.empty(); });
    wake.wait_for(lock, kGatherTime, [&] { return closed || queue.size() >= kBatchSize; });
    if (closed) return;
    lock.unlock();
    {
      const std::lock_guard database_lock(database_mutex);
      (void)drain_locked();
      checkpoint(kIdleCheckpointPages);
    }
    lock.lock();
  }
}

Result<void> RunStore::State::drain() {
  const std::lock_guard lock(database_mutex);
  return drain_locked();
}

Result<void> RunStore::State::drain_locked() {
  std::vector<Change> batch;
  {
    const std::lock_guard lock(queue_mutex);
    batch.swap(queue);
  }
  if (!batch.empty() && !error) {
    if (auto written = write(batch); !written) {
      sqlite3_exec(database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
      error = written.error();
    }
  }
  if (error) return fail(*error);
  return {};
}

Result<void> RunStore::State::write(const std::vector<Change>& batch) {
  CHECK_OK(database.execute("BEGIN IMMEDIATE"));
  for (const Change& change : batch) {
    if (const auto* update = std::get_if<Update>(&change)) {
      CHECK_OK(write_step(*update));
    } else if (const auto* run = std::get_if<RunRecord>(&change)) {
      CHECK_OK(write_run(*run));
    } else {
      CHECK_OK(write_finish(std::get<Finish>(change)));
    }
  }
  return database.execute("COMMIT");
}

Result<void> RunStore::State::write_run(const RunRecord& run) {
  Statement insert_run = database.prepare(
      "INSERT INTO runs (id, workflow, file, command, store, engine, status, started, finished, pid, pid_start, total, "
      "engine_why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert_run.bind(run.id).bind(run.workflow).bind(run.file).bind(run.command).bind(run.store).bind(run.engine);
  insert_run.bind(static_cast<std::int64_t>(run.status)).bind(run.started).bind(run.finished);
  insert_run.bind(std::int64_t{run.pid}).bind(static_cast<std::int64_t>(run.pid_start)).bind(std::int64_t{run.total});
  insert_run.bind(run.engine_why);
  CHECK_OK(insert_run.run());
  sequence[run.id] = sqlite3_last_insert_rowid(database.get());
  return {};
}

Result<void> RunStore::State::write_step(const Update& update) {
  const StepRecord& step = update.step;
  TRY(const std::int64_t run, sequence_of(update.run));
  TRY(const std::int64_t image, image_of(step));
  if (!insert_step) {
    // By name: a newer boxcar may add columns while this one runs.
    insert_step = database.prepare(
        "REPLACE INTO steps (run, idx, name, status, exit_code, key, image, seconds, peak_memory, attempts, message, "
        "began, "
        "failure, last, request_cpu, request_memory, request_gpus, limit_cpu, limit_memory, limit_gpus) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }
  insert_step.bind(run).bind(std::int64_t{step.index}).bind(step.name).bind(static_cast<std::int64_t>(step.status));
  insert_step.bind(step.exit_code);
  insert_step.bind(step.key).bind(image).bind(step.seconds).bind(static_cast<std::int64_t>(step.peak_memory));
  insert_step.bind(std::int64_t{step.attempts}).bind(step.message).bind(step.began);
  insert_step.bind(static_cast<std::int64_t>(step.failure)).bind(std::int64_t{step.last});
  for (const auto* resources : {&step.needs.requests, &step.needs.limits})
    insert_step.bind(resources->cpu).bind(resources->memory).bind(resources->gpus);
  return insert_step.run();
}

Result<void> RunStore::State::write_finish(const Finish& finish) {
  TRY(const std::int64_t run, sequence_of(finish.run));
  Statement update = database.prepare("UPDATE runs SET status = ?, finished = ?, problem = ? WHERE seq = ?");
  update.bind(static_cast<std::int64_t>(finish.status)).bind(finish.finished);
  CHECK_OK(update.bind(finish.problem).bind(run).run());
  Statement insert = database.prepare("INSERT INTO outputs (run, idx, name, path) VALUES (?, ?, ?, ?)");
  for (std::size_t i = 0; i < finish.outputs.size(); ++i) {
    const OutputRecord& output = finish.outputs[i];
    CHECK_OK(insert.bind(run).bind(static_cast<std::int64_t>(i)).bind(output.name).bind(output.path).run());
  }
  return {};
}

Result<std::int64_t> RunStore::State::sequence_of(const std::string& run) {
  if (const auto known = sequence.find(run); known != sequence.end()) return known->second;
  Statement query = database.prepare("SELECT seq FROM runs WHERE id = ?");
  TRY(const bool found, query.bind(run).next());
  if (!found) return fail(ErrorKind::NotFound, "run " + run + " was never begun, or was forgotten");
  return sequence[run] = query.integer(0);
}

Result<std::int64_t> RunStore::State::image_of(const StepRecord& step) {
  if (!images_read) {
    Statement query = database.prepare("SELECT ref, digest, name FROM images");
    while (true) {
      TRY(const bool row, query.next());
      if (!row) break;
      images.emplace(std::pair(query.digest(1), query.text(2)), query.integer(0));
    }
    images_read = true;
  }
  std::pair wanted(step.image, step.image_name);
  if (const auto known = images.find(wanted); known != images.end()) return known->second;
  Statement insert = database.prepare("INSERT INTO images (digest, name) VALUES (?, ?)");
  CHECK_OK(insert.bind(step.image).bind(step.image_name).run());
  return images[std::move(wanted)] = sqlite3_last_insert_rowid(database.get());
}

// Truncates the log: that everything of it is in the database is not remembered once the last boxcar has ended. What
// can't be done now, because somebody reads, is done later: the result does not matter.
void RunStore::State::checkpoint(int pages) {
  if (log_pages < pages || error) return;
  sqlite3_busy_timeout(database.get(), 0);
  if (sqlite3_wal_checkpoint_v2(database.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK) {
    log_pages = 0;
  }
  sqlite3_busy_timeout(database.get(), busy_milliseconds);
}

Result<void> RunStore::State::close() {
  {
    const std::lock_guard lock(queue_mutex);
    closed = true;
  }
  wake.notify_one();
  auto written = drain();
  if (writer.joinable()) writer.join();
  const std::lock_guard lock(database_mutex);
  checkpoint(kClosingCheckpointPages);
  return written;
}

// Reading.

Result<std::vector<RunRecord>> RunStore::State::find_runs(Statement query) {
  std::vector<RunRecord> found;
  while (true) {
    TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back(read_run(query));
  }
}

Result<std::vector<RunRecord>> RunStore::runs(std::size_t limit) {
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  Statement query = state_->database.prepare(fmt::format("{} ORDER BY seq DESC LIMIT ?", kRunColumns));
  query.bind(static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX)));
  return state_->find_runs(std::move(query));
}

Result<std::optional<RunRecord>> RunStore::find(const std::string& id) {
  if (id.empty()) {
    TRY(auto latest, runs(1));
    return latest.empty() ? std::optional<RunRecord>() : std::move(latest.front());
  }
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  // An id is the beginning of none but itself, and sorts before those that it begins.
  Statement query = state_->database.prepare(
      fmt::format("{} WHERE id >= ? AND substr(id, 1, length(?)) = ? ORDER BY id LIMIT 2", kRunColumns));
  query.bind(id).bind(id).bind(id);
  TRY(auto found, state_->find_runs(std::move(query)));
  if (found.empty()) return std::optional<RunRecord>();
  if (found.size() > 1 && found[0].id != id) {
    return fail(ErrorKind::Invalid,
                fmt::format("{} begins the name of more than one run: {}, {}", id, found[0].id, found[1].id));
  }
  return std::move(found.front());
}

Result<std::vector<StepRecord>> RunStore::steps(const std::string& run) {
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  Statement query = state_->database.prepare(
      fmt::format("{} WHERE s.run = (SELECT seq FROM runs WHERE id = ?) ORDER BY s.idx", kStepColumns));
  query.bind(run);
  std::vector<StepRecord> found;
  while (true) {
    TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back(read_step(query));
  }
}

Result<std::vector<OutputRecord>> RunStore::outputs(const std::string& run) {
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  Statement query = state_->database.prepare(
      "SELECT name, path FROM outputs WHERE run = (SELECT seq FROM runs WHERE id = ?) ORDER BY idx");
  query.bind(run);
  std::vector<OutputRecord> found;
  while (true) {
    TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back({query.text(0), query.text(1)});
  }
}

Result<void> RunStore::State::read_earlier(Earlier& run) {
  Statement query =
      database.prepare("SELECT name, idx FROM steps WHERE run = ? AND key IS NOT NULL AND status IN (?, ?)");
  query.bind(run.sequence).bind(static_cast<std::int64_t>(StepStatus::Succeeded));
  query.bind(static_cast<std::int64_t>(StepStatus::Cached));
  while (true) {
    TRY(const bool row, query.next());
    if (!row) break;
    run.steps.emplace(query.text(0), static_cast<std::uint32_t>(query.integer(1)));
  }
  run.read = true;
  return {};
}

Result<std::optional<StepRecord>> RunStore::previous(const std::string& store, const std::string& file,
                                                     const std::string& step, const std::string& run) {
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  Database& database = state_->database;
  if (std::string asked = fmt::format("{}\n{}\n{}", store, file, run); state_->earlier_of != asked) {
    state_->earlier.clear();
    state_->earlier_of.clear();
    Statement query =
        database.prepare("SELECT seq FROM runs WHERE store = ? AND file = ? AND id <> ? ORDER BY seq DESC");
    query.bind(store).bind(file).bind(run);
    while (true) {
      TRY(const bool row, query.next());
      if (!row) break;
      state_->earlier.push_back({query.integer(0), {}, false});
    }
    state_->earlier_of = std::move(asked);
  }
  for (State::Earlier& earlier : state_->earlier) {
    if (!earlier.read) CHECK_OK(state_->read_earlier(earlier));
    const auto found = earlier.steps.find(step);
    if (found == earlier.steps.end()) continue;
    Statement query = database.prepare(fmt::format("{} WHERE s.run = ? AND s.idx = ?", kStepColumns));
    TRY(const bool row, query.bind(earlier.sequence).bind(std::int64_t{found->second}).next());
    if (row) return read_step(query);
  }
  return std::optional<StepRecord>();
}

Result<std::vector<Key>> RunStore::keys(const std::string& store) {
  const std::lock_guard lock(state_->database_mutex);
  (void)state_->drain_locked();
  Statement query = state_->database.prepare(
      "SELECT key FROM steps WHERE key IS NOT NULL AND run IN (SELECT seq FROM runs WHERE store = ?)");
  query.bind(store);
  std::vector<Key> keys;
  while (true) {
    TRY(const bool row, query.next());
    if (!row) break;
    keys.push_back(query.digest(0));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

Result<void> RunStore::forget(const std::string& id) {
  TRY(const auto run, find(id));
  if (!run || run->id != id) return {};
  if (run->status == RunStatus::Running && runner_alive(*run)) {
    return fail(ErrorKind::Invalid, "run " + id + " is still running");
  }
  const std::lock_guard lock(state_->database_mutex);
  CHECK_OK(state_->database.execute("BEGIN IMMEDIATE"));
  const auto remove = [&]() -> Result<void> {
    for (const char* table : {"steps", "outputs"}) {
      Statement rows = state_->database.prepare(
          fmt::format("DELETE FROM {} WHERE run = (SELECT seq FROM runs WHERE id = ?)", table));
      CHECK_OK(rows.bind(id).run());
    }
    Statement runs = state_->database.prepare("DELETE FROM runs WHERE id = ?");
    CHECK_OK(runs.bind(id).run());
    return state_->database.execute("COMMIT");
  };
  auto removed = remove();
  if (!removed) sqlite3_exec(state_->database.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  state_->sequence.erase(id);
  state_->earlier_of.clear();
  return removed;
}

}  // namespace boxcar
