// boxcar runs: the recorded runs, newest first.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/recorded.h"
#include "cli/report.h"

namespace boxcar {
namespace {

constexpr std::size_t kWidestName = 28;

Style style_of(std::string_view status) {
  return status == "succeeded" ? Style::Green
         : status == "failed"  ? Style::Red
         : status == "running" ? Style::Cyan
                               : Style::Yellow;
}

std::string table_of(const std::vector<RunRecord>& runs, const Terminal& terminal) {
  std::size_t id = 3;
  std::size_t name = 8;
  for (const RunRecord& run : runs) {
    id = std::max(id, run.id.size());
    name = std::max(name, width_of(visible(run.workflow)));
  }
  name = std::min(name, kWidestName);
  std::string text;
  const auto add = [&](std::string_view run, std::string_view workflow, std::string_view status, std::string_view when,
                       std::string_view steps, std::string_view time, Style style) {
    Line line(terminal, 4096);
    line.column(run, id).add("  ").column(workflow, name).add("  ").column(status, 11, style).add("  ");
    line.column(when, 19).add("  ").column(steps, 7, Style::Plain, true).add("  ").column(time, 7, Style::Plain, true);
    text += line.text() + "\n";
  };
  add("RUN", "WORKFLOW", "STATUS", "STARTED", "STEPS", "TIME", Style::Plain);
  for (const RunRecord& run : runs) {
    const std::string_view status = status_of(run);
    const std::string time = status == "interrupted" ? "" : human_duration(seconds_of(run));
    add(run.id, visible(run.workflow), status, local_time(run.started), std::to_string(run.total), time,
        style_of(status));
  }
  return text;
}

std::string json_of(const std::vector<RunRecord>& runs) {
  std::string json = "[";
  for (const RunRecord& run : runs) {
    if (json.size() > 1) json += ",\n ";
    fmt::format_to(std::back_inserter(json),
                   R"({{"run":{},"workflow":{},"file":{},"command":{},"store":{},"engine":{},"engine_why":{},)"
                   R"("status":"{}","started":"{}","finished":{},"seconds":{:.6g},"steps":{},"pid":{}}})",
                   json_quote(run.id), json_quote(run.workflow), json_quote(run.file), json_quote(run.command),
                   json_quote(run.store), json_quote(run.engine), json_quote(run.engine_why), status_of(run),
                   iso_time(run.started), run.finished == 0 ? "null" : json_quote(iso_time(run.finished)),
                   seconds_of(run), run.total, run.pid);
  }
  return json + "]\n";
}

}  // namespace

int run_runs(const Args& args) {
  bool json = false;
  unsigned limit = 20;
  Options options("boxcar runs", "Lists the recorded runs, newest first.", "boxcar runs -n 5");
  options.value("-n,--limit", limit, "how many; 0: all");
  options.flag("--json", json, "print a JSON array");
  if (const auto code = options.parse(args)) return *code;
  auto store = RunStore::open(RunStore::default_path());
  if (!store) return say(store.error(), json);
  const auto runs = (*store)->runs(limit == 0 ? ~std::size_t{0} : limit);
  if (!runs) return say(runs.error(), json);
  if (runs->empty() && !json) {
    (void)write_all(2, "No run is recorded yet.\n");
    return 0;
  }
  print(json ? json_of(*runs) : table_of(*runs, Terminal::of(1)));
  return 0;
}

}  // namespace boxcar
