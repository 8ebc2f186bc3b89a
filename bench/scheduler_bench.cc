// scheduler_bench chain|fan STEPS: runs that graph for the first time on a fake engine, with results and record in
// memory: the scheduler alone. Prints the seconds from the finished plan to the end of the run.
#include <fmt/core.h>

#include <chrono>
#include <string_view>

#include "fakes/fake_engine.h"
#include "fakes/graph.h"
#include "fakes/memory_results.h"
#include "run/engine_place.h"
#include "run/recorder.h"
#include "run/scheduler.h"
#include "run/session.h"

namespace boxcar {
namespace {

int run_graph(bool chain, unsigned steps) {
  fakes::GraphMaker graph;
  std::optional<StepIndex> from;
  for (unsigned i = 0; i < steps; ++i) {
    const StepIndex made = graph.step(fmt::format("step-{}", i), from);
    if (chain || i == 0) from = made;
  }
  RunReport report;
  report.run = "bench";
  report.plan = graph.make();
  auto record = RunStore::open(":memory:");
  const auto place = EnginePlace::choose("embedded");
  if (!record || !place) return 1;

  const auto began = std::chrono::steady_clock::now();
  Observer nobody;
  Recorder recorder(record->get(), nobody);
  fakes::MemoryResults results;
  EventQueue events;
  const Submit submit = [](const std::function<void()>& job) { job(); };
  Attempts attempts(
      results,
      [](EngineSink& sink) -> Result<std::unique_ptr<Engine>> { return std::make_unique<fakes::FakeEngine>(sink); },
      submit, events);
  const auto digest = [](const std::string& path) -> Result<Content> { return fail(ErrorKind::NotFound, path); };
  ScheduleOptions options;
  options.run = report.run;
  options.jobs = 2;
  Scheduler scheduler({report.plan, results, attempts, events, submit, digest, [] {}, recorder}, options);
  recorder.begin(RunRequest{}, report, **place);
  report.status = scheduler.run();
  recorder.finish(report);
  if (!(*record)->close()) return 1;
  fmt::print("{:.4f}\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  return report.status == RunStatus::Succeeded ? 0 : 1;
}

}  // namespace
}  // namespace boxcar

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return boxcar::run_graph(std::string_view(argv[1]) == "chain", static_cast<unsigned>(std::stoul(argv[2])));
}
