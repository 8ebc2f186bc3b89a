// boxcar status: the steps of a recorded run, also while it runs.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/memory_report.h"
#include "cli/options.h"
#include "cli/recorded.h"
#include "cli/report.h"
#include "run/scaling.h"

namespace boxcar {
namespace {

constexpr std::size_t kWidestName = 40;
constexpr std::size_t kMostCached = 50;  // beyond, cached steps are only counted

Style style_of(StepStatus status) {
  switch (status) {
    case StepStatus::Succeeded:
    case StepStatus::Cached:
      return Style::Green;
    case StepStatus::Failed:
      return Style::Red;
    case StepStatus::Running:
      return Style::Cyan;
    case StepStatus::Cancelled:
      return Style::Yellow;
    default:
      return Style::Dim;
  }
}

// As run says them at its end: of a workflow that names no outputs the results that no other step reads.
std::string places_of(const RunRecord& run, const std::vector<StepRecord>& steps, std::vector<OutputRecord> outputs) {
  if (status_of(run) == "running") return {};
  for (const StepRecord& step : steps) {
    if (!step.last) continue;
    std::string result = result_of(run, step);
    if (outputs.size() < kMostPlaces) result = shown_result(result);
    outputs.push_back({step.name, std::move(result)});
  }
  const std::string text = places_text(std::move(outputs), run.store, current_directory());
  return text.empty() ? "" : "\n" + text;
}

std::string table_of(const RunRecord& run, const std::vector<StepRecord>& steps, const Terminal& terminal) {
  std::string text = fmt::format("{}  {}  {}  started {}", run.id, visible(run.workflow),
                                 terminal.styled(Style::Bold, status_of(run)), local_time(run.started));
  if (const double seconds = seconds_of(run); seconds > 0) text += ", " + human_duration(seconds);
  if (!run.file.empty()) text += "\n" + visible(run.file);
  text += "\nengine: " + run.engine + (run.engine_why.empty() ? "" : " (" + visible(run.engine_why) + ")");
  text += "\n\n";
  std::size_t width = 0;
  std::size_t cached = 0;
  for (const StepRecord& step : steps) {
    width = std::max(width, step.name.size());
    cached += step.status == StepStatus::Cached;
  }
  width = std::min(width, kWidestName);
  const bool dead = status_of(run) == "interrupted";
  for (const StepRecord& step : steps) {
    if (step.status == StepStatus::Cached && cached > kMostCached) continue;
    const bool interrupted = dead && (step.status == StepStatus::Running || step.status == StepStatus::Waiting);
    Line line(terminal, 4096);
    line.column(visible(step.name), width).add("  ");
    line.column(interrupted ? "interrupted" : name_of(step.status), 11, style_of(step.status)).add("  ");
    const double seconds = seconds_of(run, step);
    line.column(seconds > 0 ? human_duration(seconds) : "", 7, Style::Plain, true).add("  ");
    if (step.attempts > 1) line.add(fmt::format("{} attempts  ", step.attempts));
    if (step.peak_memory != 0) line.add(peak_text(step.peak_memory, step.status, run.engine) + "  ");
    if (const auto needs = text_of(ScaledNeeds{step.needs, {}}); !needs.empty()) line.add(needs + "  ");
    line.column(step.key.is_zero() ? "" : step.key.short_hex(), 12, Style::Dim).add("  ");
    line.add(visible(step.message), Style::Dim);
    text += line.text() + "\n";
  }
  if (!run.problem.empty()) text += "\n" + terminal.styled(Style::Red, visible(run.problem)) + "\n";
  if (cached > kMostCached) text += fmt::format("{} steps cached\n", cached);
  if (run.total > steps.size())
    text += fmt::format("{} step{} not looked at yet\n", run.total - steps.size(),
                        run.total - steps.size() == 1 ? "" : "s");
  return text;
}

void print_json(const RunRecord& run, std::vector<StepRecord> steps, const std::vector<OutputRecord>& outputs) {
  JsonReport json(print, run.id, status_of(run), seconds_of(run), run.problem);
  for (StepRecord& step : steps) {
    step.seconds = seconds_of(run, step);
    json.step(step, result_of(run, step));
  }
  json.end(outputs);
  print("\n");
}

}  // namespace

int run_status(const Args& args) {
  std::string id;
  bool json = false;
  bool watch = false;
  Options options("boxcar status", "Shows the steps of a run, the latest where none is named.",
                  "boxcar status\n  boxcar status 20261122-141930 --json");
  options.value("run", id, "the run's name, or its beginning", "RUN");
  options.flag("--json", json, "print the document that `run --json` prints");
  options.flag("-w,--watch", watch, "show it anew every second until the run has ended");
  if (const auto code = options.parse(args)) return *code;
  auto store = RunStore::open(RunStore::default_path());
  if (!store) return say(store.error(), json);
  const Terminal terminal = Terminal::of(1);
  while (true) {
    const auto run = recorded_run(**store, id);
    if (!run) return say(run.error(), json);
    const auto steps = (*store)->steps(run->id);
    if (!steps) return say(steps.error(), json);
    const auto outputs = (*store)->outputs(run->id);
    if (!outputs) return say(outputs.error(), json);
    id = run->id;  // another that begins meanwhile is not meant
    const bool again = watch && status_of(*run) == "running";
    if (json && !again) print_json(*run, *steps, *outputs);
    if (!json && watch && terminal.live) print("\x1b[H\x1b[J");
    if (!json && (!again || terminal.live)) print(table_of(*run, *steps, terminal) + places_of(*run, *steps, *outputs));
    if (!again) return 0;
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace boxcar
