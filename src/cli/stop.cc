// boxcar stop: ends a run as Ctrl-C would.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/recorded.h"
#include "run/leftovers.h"

namespace boxcar {
namespace {

// The process with that pid may be another by now: looked at through a descriptor, it can't become one in between. No
// descriptor: the runner is gone.
Result<UniqueFd> runner_of(const RunRecord& run) {
  UniqueFd runner(static_cast<int>(syscall(SYS_pidfd_open, run.pid, 0)));
  if (!runner && errno != ESRCH) return fail_errno("finding the runner of " + run.id);
  if (!runner_alive(run)) return UniqueFd();
  return runner;
}

Result<void> interrupt(const UniqueFd& runner) {
  if (syscall(SYS_pidfd_send_signal, runner.get(), SIGTERM, nullptr, 0) == 0 || errno == ESRCH) return {};
  return fail_errno("stopping the run");
}

bool gone(const UniqueFd& runner, int milliseconds) {
  pollfd waiting{runner.get(), POLLIN, 0};
  return poll(&waiting, 1, milliseconds) > 0;
}

Result<void> stop(RunStore& record, const RunRecord& run, bool now) {
  TRY(const UniqueFd runner, run.status == RunStatus::Running ? runner_of(run) : Result<UniqueFd>());
  if (!runner) {
    TRY(const bool ended, run.status == RunStatus::Running ? end_leftovers(record, run) : Result<bool>(false));
    (void)write_all(2, ended ? fmt::format("stopped run {}: its runner was dead, its containers were killed\n", run.id)
                             : fmt::format("run {} is over already: {}\n", run.id, status_of(run)));
    return {};
  }
  CHECK_OK(interrupt(runner));
  if (now && !gone(runner, 100)) CHECK_OK(interrupt(runner));  // a second one kills at once
  if (!gone(runner, 300)) {
    (void)write_all(
        2, fmt::format("stopping run {}: {}\n", run.id,
                       now ? "killing its containers" : "waiting for its containers to end (--now kills them)"));
    while (!gone(runner, 1000)) {
    }
  }
  TRY(const auto after, record.find(run.id));
  const bool stopped = !after || after->status == RunStatus::Cancelled || after->status == RunStatus::Running;
  (void)write_all(2, stopped ? fmt::format("stopped run {}\n", run.id)
                             : fmt::format("run {} was over before it was stopped: {}\n", run.id, status_of(*after)));
  return {};
}

// The run that is meant where none is named: the one that runs. Where none does, the latest if its runner died, since
// of that something may still run; else nothing, which is said.
Result<std::optional<RunRecord>> only_running(RunStore& record) {
  TRY(auto runs, record.runs(~std::size_t{0}));
  if (runs.empty()) return recorded_run(record, "");  // says so
  std::vector<RunRecord> running;
  for (const RunRecord& run : runs) {
    if (status_of(run) == "running") running.push_back(run);
  }
  if (running.size() == 1) return std::move(running.front());
  RunRecord& latest = runs.front();
  if (running.empty()) {
    if (latest.status == RunStatus::Running) return std::move(latest);
    (void)write_all(2, fmt::format("no run is running; the latest, {}, is over: {}\n", latest.id, status_of(latest)));
    return std::nullopt;
  }
  Error several{ErrorKind::Invalid, fmt::format("{} runs are running; name the one to stop", running.size()), {}};
  for (const RunRecord& run : running) {
    several.more.push_back(fmt::format("{}  {}  started {}", run.id, printable(run.workflow), local_time(run.started)));
  }
  return fail(std::move(several));
}

}  // namespace

int run_stop(const Args& args) {
  std::string id;
  bool now = false;
  Options options("boxcar stop",
                  "Stops a run, the one that runs where none is named, and waits until nothing of it is left.",
                  "boxcar stop\n  boxcar stop 20261122-141930 --now");
  options.value("run", id, "the run's name, or its beginning", "RUN");
  options.flag("--now", now, "kill its containers without the time to end by themselves");
  if (const auto code = options.parse(args)) return *code;
  auto store = RunStore::open(RunStore::default_path());
  if (!store) return say(store.error());
  const Result<std::optional<RunRecord>> run = id.empty() ? only_running(**store) : recorded_run(**store, id);
  if (!run) return say(run.error());
  if (!*run) return 0;
  const auto stopped = stop(**store, **run, now);
  return stopped ? 0 : say(stopped.error());
}

}  // namespace boxcar
