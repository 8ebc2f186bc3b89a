#include "run/session.h"

#include <algorithm>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "plan/make_action.h"
#include "record/run_store.h"
#include "run/admission.h"
#include "run/engine_place.h"
#include "run/interrupts.h"
#include "run/measure_ahead.h"
#include "run/needs.h"
#include "run/output_content.h"
#include "run/plan_images.h"
#include "run/recorder.h"
#include "run/secrets.h"
#include "run/tools.h"
#include "store/layout.h"
#include "store/outputs.h"
#include "store/store.h"

namespace boxcar {

namespace {

// Steps by name, or findings.
std::vector<StepIndex> steps_named(const Plan& plan, const std::string& option, const std::vector<std::string>& names,
                                   Findings& findings) {
  std::vector<StepIndex> steps;
  for (const auto& name : names) {
    if (const auto step = plan.find(name)) {
      steps.push_back(*step);
      continue;
    }
    std::vector<std::string> known;
    for (const auto& step : plan.steps) known.push_back(step.name);
    findings.error(plan.file, {}, option + ": there is no step " + in_quotes(name) + did_you_mean(name, known));
  }
  return steps;
}

// What is not to run at all can't run again.
void refuse_unwanted(RunReport& report, const std::vector<StepIndex>& rerun) {
  if (report.wanted.empty()) return;
  std::vector<std::string> wanted;
  for (StepIndex step = 0; step < report.plan.steps.size(); ++step) {
    if (report.wanted[step]) wanted.push_back(report.plan.steps[step].name);
  }
  for (const StepIndex step : rerun) {
    if (report.wanted[step]) continue;
    const auto& name = report.plan.steps[step].name;
    report.findings.error(report.plan.file, {},
                          "--rerun: no --target needs step " + in_quotes(name) + did_you_mean(name, wanted));
  }
}

bool holds(const std::string& directory, const std::string& path) {
  return path == directory || directory == "/" || path.starts_with(directory + "/");
}

// The store changes while steps run, so no step can read it, and nothing is copied into it.
void keep_apart(const Plan& plan, const std::string& store, Findings& findings) {
  for (const auto& step : plan.steps) {
    for (const auto& input : step.inputs) {
      if (input.step != PlannedInput::kHost || !holds(input.path, store)) continue;
      findings.error(plan.file, {},
                     "step '" + step.name + "' reads " + input.path + ", which holds the store " + store +
                         "; give the store another place with --store");
    }
  }
  for (const auto& output : plan.outputs) {
    if (output.to.empty() || !holds(store, output.to)) continue;
    findings.error(plan.file, output.at,
                   "output '" + output.name + "' is copied to " + output.to + ", within the store " + store);
  }
}

// The step's inputs as its container will see them, as far as that is known before anything ran: what they hold is not.
std::vector<ActionInput> inputs_seen(const Plan& plan, const PlannedStep& step) {
  const Tool& tool = *step.tool->tool;
  auto action = make_action(step, [&](const PlannedInput& input) -> Result<Content> {
    const PortKind kind = input.parameter ? PortKind::File : tool.inputs[input.port].kind;
    std::string path = input.path;
    if (path.empty()) path = plan.steps[input.step].tool->tool->outputs[input.output].path;
    return Content{sha256(path), kind, std::move(path)};
  });
  return action ? std::move(action->inputs) : std::vector<ActionInput>();
}

// What a step changes in place becomes its result, and no result leads out of itself. Said before the step has run.
Result<void> refuse_links_that_lead_out(const Plan& plan, Findings& findings) {
  for (const auto& step : plan.steps) {
    for (const auto& input : step.inputs) {
      if (input.step != PlannedInput::kHost || input.parameter) continue;
      const Port& port = step.tool->tool->inputs[input.port];
      const auto& outputs = step.tool->tool->outputs;
      const bool in_place =
          std::any_of(outputs.begin(), outputs.end(), [&](const Port& output) { return output.works_on == port.name; });
      if (!in_place) continue;
      TRY(const auto link, link_that_leads_out(input.path, port.path, inputs_seen(plan, step)));
      if (!link) continue;
      findings.error(plan.file, {},
                     "step '" + step.name + "' works in place on " + input.path + ", but there " +
                         in_quotes(link->first) + " is a symlink to " + printable(link->second) +
                         ", which leads out of it; put a copy in its place");
    }
  }
  return {};
}

std::optional<Plan> plan_workflow(RunRequest& request, PlanImages& images, RunReport& report,
                                  std::optional<SecretGuard>& secret_guard) {
  auto workflow = std::exchange(request.workflow, nullptr)(report.findings);  // and its text is freed
  if (!workflow) return std::nullopt;
  secret_guard.emplace(*workflow);
  check_logins(*workflow, Severity::Error, report.findings);
  const bool wrong = !report.findings.ok();  // nothing is fetched for it; of images that are here the rest is said too
  const std::string file = workflow->file;
  const auto resolve = [&](const std::string& name, const StepOptions& step) {
    return wrong ? images.find_here(name, step, report.findings) : images.find(name, step, file, report.findings);
  };
  auto plan = make_plan(
      *std::move(workflow), request.settings,
      {resolve, host_entry, current_directory(), home_directory(), false, request.dry_run || !request.targets.empty()},
      report.findings, report.trouble);
  if (plan) {
    keep_apart(*plan, request.store, report.findings);
    if (auto looked = refuse_links_that_lead_out(*plan, report.findings); !looked) {
      report.trouble = std::move(looked).error();
    }
  }
  if (!report.findings.ok() || report.trouble) return std::nullopt;
  return plan;
}

// Why a step's result is not taken, or not there: the first field in which its action differs from the one that it was
// the last time it ran.
std::string explain_miss(RunStore* record, Store& store, const RunReport& report, StepIndex step, const Action& action,
                         bool rerun) {
  const CachePolicy& cache = report.plan.steps[step].options->cache;
  if (!cache.enabled) return "it says cache: false";
  if (rerun) return "--rerun names it";
  const Key key = action_key(action);
  if (const auto result = store.lookup(action, key)) {
    const auto age = Seconds(static_cast<double>(now_micros() - result->finished) / 1e6);
    return "its result is " + human_duration(age.count()) + " old, and max_age is " +
           human_duration(cache.max_age.value_or(age).count());
  }
  if (record == nullptr) return "no result yet";
  const auto before =
      record->previous(store.root(), recorded_file(report.plan), report.plan.steps[step].name, report.run);
  if (!before || !*before) return "no result yet: this step never ran";
  if ((*before)->key == key) {
    const std::string directory = result_directory(store.root(), (*before)->image, key);
    return exists(directory) ? "its earlier result was altered" : "its earlier result is gone";
  }
  const auto fields = store.kept_fields((*before)->key, (*before)->image);
  if (!fields) return "what it read before is not known any more";
  return first_difference(*fields, key_fields(action));
}

bool limits_anything(const RunReport& report) {
  for (StepIndex step = 0; step < report.plan.steps.size(); ++step) {
    if (!report.wanted.empty() && !report.wanted[step]) continue;
    const ScaledNeeds needs = unmeasured(report.plan.steps[step]);
    if (needs.needs.limits.memory || needs.needs.limits.cpu || !needs.rules.empty()) return true;
  }
  return false;
}

void export_outputs(RunReport& report, const Scheduler& scheduler, Store& store) {
  const std::string file = recorded_file(report.plan);
  std::vector<std::string> read;
  for (const auto& step : report.plan.steps) {
    for (const auto& input : step.inputs) {
      if (input.step == PlannedInput::kHost) read.push_back(input.path);
    }
  }
  for (std::size_t i = 0; i < report.plan.outputs.size(); ++i) {
    const PlannedOutput& output = report.plan.outputs[i];
    std::string& place = report.outputs[i].path;
    const auto lost = [&](const std::string& why) {
      report.lost.push_back(Finding{report.plan.file, output.at, Severity::Error, why}.text());
      report.status = RunStatus::Failed;
    };
    const StoredResult* result = scheduler.result(output.step);
    if (result == nullptr) continue;
    if (const auto* direct = report.plan.direct_target(output.step, output.output)) {
      place = *direct;  // written there by the container itself
      continue;
    }
    const auto& name = report.plan.steps[output.step].tool->tool->outputs[output.output].name;
    for (const auto& port : result->ports) {
      if (port.port != name || !port.present) continue;
      const std::string directory = store.port_path(*result, port);
      const std::string source = join_path(directory, output.path);
      const auto kind = host_entry(source);
      if (!kind && kind.error().kind == ErrorKind::NotFound) {  // as a step that reads what isn't there
        lost("output " + in_quotes(output.name) + ": " +
             not_in_output(report.plan.steps[output.step].name, name, directory, output.path));
        continue;
      }
      if (!kind) {
        report.trouble = Error(kind.error()).in("output " + in_quotes(output.name));
        lost(report.trouble->text());
        continue;
      }
      place = source;
      if (output.to.empty()) continue;
      ExportOptions options;
      options.works_on = fills_what_it_reads(report.plan.steps[output.step], output);
      if (!options.works_on) options.read = read;
      if (!file.empty() && !options.works_on) {
        options.owner = file + '\n' + output.name;
        options.content =
            port.content.hex() + '/' + (kind->kind == PortKind::File ? std::string(base_name(source)) : output.path);
      }
      auto done = store.export_port(source, kind->kind, output.to, options);
      if (done) {
        place = output.to;
      } else {
        report.trouble = std::move(done).error().in("output " + in_quotes(output.name));
        lost(report.trouble->text());
      }
    }
  }
}

// Of a dry run: the rules of the steps that would run, with what is known of their inputs already.
std::vector<ToMeasure> rules_left(const RunReport& report, const Scheduler& scheduler) {
  std::vector<ToMeasure> rules;
  for (StepIndex step = 0; step < report.plan.steps.size(); ++step) {
    const PlannedStep& planned = report.plan.steps[step];
    const bool wanted = report.wanted.empty() || report.wanted[step];
    if (!wanted || scheduler.result(step) != nullptr || !has_rules(planned)) continue;
    rules.push_back({step, unmeasured(planned), scheduler.sources(step)});
  }
  return rules;
}

// Of a dry run: the steps that a run would refuse once their rules are measured.
void fail_what_is_too_much(RunReport& report, const Resources& machine) {
  for (const auto& [step, scaled] : report.scaled) {
    const bool known = std::all_of(scaled.rules.begin(), scaled.rules.end(),
                                   [](const RuleOfPort& rule) { return rule.measured.has_value(); });
    auto why = known ? too_much(scaled.needs, machine) : std::nullopt;
    if (!why) continue;
    StepState& state = report.steps[step];
    state.status = StepStatus::Failed;
    state.failure = Failure::Memory;
    state.message = *std::move(why);
    report.status = RunStatus::Failed;
  }
}

}  // namespace

std::string RunReport::result_of(StepIndex step) const {
  const auto& state = steps[step];
  if (state.status != StepStatus::Succeeded && state.status != StepStatus::Cached) return {};
  return result_directory(store, plan.steps[step].tool->image->identity, state.key);
}

ExitCode exit_code_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Invalid:
    case ErrorKind::NotFound:
      return kWrong;
    case ErrorKind::Cancelled:
      return kInterrupted;
    default:
      return kTrouble;
  }
}

ExitCode RunReport::exit_code() const {
  if (status == RunStatus::Cancelled) return kInterrupted;
  if (trouble) return kTrouble;
  if (!findings.ok()) return kWrong;
  return status == RunStatus::Succeeded ? kDone : kStepFailed;
}

RunReport run_workflow(RunRequest request, Observer& observer) {
  const auto began = std::chrono::steady_clock::now();
  RunReport report;
  report.run = request.run.empty() ? new_run_id() : request.run;
  report.store = request.store;

  // Where containers run. What that needs before any thread is started, such as a mount namespace and the watcher over
  // the run's containers; without the right to, only a run that finds every result in the store can succeed.
  std::shared_ptr<EnginePlace> place = request.place;
  if (!place) {
    auto chosen = EnginePlace::choose(request.engine);
    if (!chosen) {
      report.trouble = std::move(chosen).error();
      if (report.trouble->kind == ErrorKind::Cancelled) report.status = RunStatus::Cancelled;
      return report;
    }
    place = *std::move(chosen);
  }
  EngineCall engine_call{report.run, request.store, request.grace, {}};
  if (!request.dry_run) (void)place->prepare(engine_call);

  Pool pool;
  std::unique_ptr<Store> store;
  const auto open_store = [&]() -> Result<void> {
    TRY(store, Store::open(request.store, pool, {.host_visible = place->host_visible()}));
    return {};
  };
  // Of a large workflow the results are compared with what was left of them while its text is read.
  if (request.large && exists(request.store) && open_store()) store->look_ahead();

  // Text becomes a Workflow, and that a Plan: then everything that can be known to be wrong has been said.
  std::optional<SecretGuard> secret_guard;
  const auto use = !place->daemon()  ? PlanImages::Use::Run
                   : request.dry_run ? PlanImages::Use::LookOnly
                                     : PlanImages::Use::GiveAndRun;
  PlanImages images(place->images(pool), request.pull, use, [&](const std::string& line) { observer.note(line); });
  auto plan = plan_workflow(request, images, report, secret_guard);
  if (!plan) {
    if (report.trouble && report.trouble->kind == ErrorKind::Cancelled) report.status = RunStatus::Cancelled;
    return report;
  }
  report.plan = *std::move(plan);
  if (!place->why().empty() && (request.explain || request.dry_run || place->name() != "embedded")) {
    observer.note("engine: " + place->name() + " (" + place->why() + ")");
  }
  const auto targets = steps_named(report.plan, "--target", request.targets, report.findings);
  const auto rerun = steps_named(report.plan, "--rerun", request.rerun, report.findings);
  if (!targets.empty()) report.wanted = report.plan.needed_for(targets);
  refuse_unwanted(report, rerun);
  check_secrets(report.plan, report.wanted, report.findings);
  const auto machine =
      machine_for(report.plan, report.wanted, *place, request.machine, request.dry_run, report.findings);
  const auto given = machine && report.findings.ok() ? images.give(report.plan, report.wanted) : Result<void>();
  if (!machine || !given) report.trouble = machine ? given.error() : machine.error();
  if (report.trouble && report.trouble->kind == ErrorKind::Cancelled) report.status = RunStatus::Cancelled;
  if (!report.findings.ok() || report.trouble) return report;
  for (const auto& warning : report.findings.all()) observer.note(warning.text());

  // From here on the plan does not change. Where its results are kept, and where the run is recorded.
  if (auto opened = store ? Result<void>() : open_store(); !opened) {
    report.trouble = std::move(opened).error();
    return report;
  }
  using Record = Result<std::unique_ptr<RunStore>>;
  auto record = request.recorded ? RunStore::open(RunStore::default_path()) : Record();
  if (!record) observer.note("this run is not recorded: " + record.error().text());
  Recorder recorder(record ? record->get() : nullptr, observer);

  // Actions, attempts, results: what the loop does until nothing is left to do.
  EventQueue events;
  const Interrupts interrupts(events);
  const Submit submit = [&](std::function<void()> job) { pool.submit(std::move(job)); };
  engine_call.claim = [&](const std::string& run) { return store->claim_run(run); };
  const auto make_engine = [&](EngineSink& sink) -> Result<std::unique_ptr<Engine>> {
    store->hold_run(report.run);  // before a daemon has anything of it
    auto made = place->make(engine_call, sink);
    if (!made && made.error().kind != ErrorKind::Cancelled) made.error().more.emplace_back("'boxcar doctor' says more");
    TRY(auto engine, std::move(made));
    auto notes = engine->notes();
    if (auto note = engine->without_limits(); !note.empty() && limits_anything(report))
      notes.push_back(std::move(note));
    events.post(Notes{std::move(notes)});
    return engine;
  };
  const auto digest = [&](const std::string& path) -> Result<Content> {
    TRY(const auto tree, store->digest_host(path));
    const bool directory = tree->entries.front().kind == EntryKind::Directory;
    return Content{tree->digest, directory ? PortKind::Directory : PortKind::File, path};
  };
  Attempts attempts(*store, make_engine, submit, events);
  ScheduleOptions options;
  options.run = report.run;
  options.jobs = request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  options.machine = *machine;
  options.keep_going = request.keep_going;
  options.dry_run = request.dry_run;
  options.keep_failed = request.keep_failed;
  options.grace = request.grace;
  options.wanted = report.wanted;
  if (!rerun.empty()) {
    options.rerun.resize(report.plan.steps.size());
    for (const StepIndex step : rerun) options.rerun[step] = true;
  }
  if (request.explain || request.dry_run) {
    options.explain = [&](StepIndex step, const Action& action) {
      const bool again = std::find(rerun.begin(), rerun.end(), step) != rerun.end();
      return explain_miss(record ? record->get() : nullptr, *store, report, step, action, again);
    };
  }
  Scheduler scheduler({report.plan, *store, attempts, events, submit, digest, [&] { pool.cancel(); }, recorder,
                       [&] { return pool.cancelled(); }},
                      std::move(options));
  if (!request.dry_run) recorder.begin(request, report, *place);
  report.status = scheduler.run();

  // Results are committed; now the user's own directories are filled from them.
  report.trouble = scheduler.trouble();
  for (const auto& output : report.plan.outputs) report.outputs.push_back({output.name, ""});
  if (report.status == RunStatus::Succeeded && !request.dry_run) export_outputs(report, scheduler, *store);
  report.engine = attempts.engine_name();
  report.scaled = scheduler.take_scaled();
  if (request.dry_run && report.status != RunStatus::Cancelled) {
    auto measured = measure_ahead(rules_left(report, scheduler), pool, events);
    if (measured) {
      report.scaled = *std::move(measured);
    } else {
      report.trouble = std::move(measured).error();
      if (report.trouble->kind == ErrorKind::Cancelled) report.status = RunStatus::Cancelled;
    }
  }
  report.steps = scheduler.take_states();
  if (request.dry_run && report.status != RunStatus::Cancelled) fail_what_is_too_much(report, *machine);
  pool.drain();  // the last workspaces are cleared
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  observer.run_finished(report.status, report.seconds);
  if (!request.dry_run) recorder.finish(report);
  return report;
}

}  // namespace boxcar
