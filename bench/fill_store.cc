// fill_store WORKFLOW STORE: gives every step of a workflow a result in a store, through scheduler, workspaces and
// commit as a run does, but with an engine that only writes a line into each output: no container is started.
#include <fmt/core.h>

#include <filesystem>

#include "base/fd.h"
#include "fakes/fake_engine.h"
#include "image/image_store.h"
#include "plan/planner.h"
#include "run/scheduler.h"
#include "run/tools.h"
#include "spec/reader.h"
#include "store/store.h"

namespace boxcar {
namespace {

int complain(const Error& error) {
  fmt::print(stderr, "{}\n", error.text());
  return 1;
}

std::optional<Ending> write_outputs(const Job& job) {
  for (const auto& mount : job.mounts) {
    if (!mount.writable || !mount.directory) continue;
    if (auto written = write_file(join_path(mount.source, "text"), job.name.step + "\n"); !written) {
      Ending ending;
      ending.engine_error = written.error().text();
      return ending;
    }
  }
  return Ending{};
}

int fill(const std::string& file, const std::string& directory) {
  auto text = read_file(file);
  if (!text) return complain(text.error());
  Findings findings;
  auto workflow = read_workflow({file, *text}, std::string(directory_name(file)), findings);
  Pool pool;
  ImageStore store_of_images(ImageStore::default_directory(), pool);
  Images& images = store_of_images;
  const auto resolve = [&](const std::string& name,
                           const StepOptions& step) -> Result<std::shared_ptr<const ResolvedTool>> {
    auto resolved = std::make_shared<ResolvedTool>();
    TRY(resolved->image, images.resolve(name, PullPolicy::Never));
    TRY(resolved->tool, declared_tool(images, *resolved->image, name, step.template_name, findings));
    return resolved;
  };
  const auto host_entry = [](const std::string&) -> Result<HostEntry> { return HostEntry{PortKind::Directory}; };
  std::optional<Error> fatal;
  std::optional<Plan> plan;
  if (workflow) plan = make_plan(*std::move(workflow), {}, {resolve, host_entry, "/", "/"}, findings, fatal);
  if (fatal) return complain(*fatal);
  for (const auto& finding : findings.all()) fmt::print(stderr, "{}\n", finding.text());
  if (!plan) return 2;

  auto store = Store::open(directory, pool, {.host_visible = false, .sync = false});
  if (!store) return complain(store.error());
  EventQueue events;
  const Submit submit = [&](std::function<void()> job) { pool.submit(std::move(job)); };
  Attempts attempts(
      **store,
      [](EngineSink& sink) -> Result<std::unique_ptr<Engine>> {
        return std::make_unique<fakes::FakeEngine>(sink, write_outputs);
      },
      submit, events);
  const auto digest = [](const std::string& path) -> Result<Content> { return fail(ErrorKind::NotFound, path); };
  Observer observer;
  ScheduleOptions options;
  options.run = "fill";
  options.jobs = 8;
  Scheduler scheduler({*plan, **store, attempts, events, submit, digest, [] {}, observer}, options);
  const RunStatus status = scheduler.run();
  if (scheduler.trouble()) return complain(*scheduler.trouble());
  return status == RunStatus::Succeeded ? 0 : 1;
}

}  // namespace
}  // namespace boxcar

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string here = std::filesystem::current_path();
  return boxcar::fill(boxcar::absolute_path(argv[1], here), boxcar::absolute_path(argv[2], here));
}
