#include "cli/execute.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/environment.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/detach.h"
#include "cli/lines.h"
#include "cli/memory_report.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/shell_word.h"
#include "run/preferences.h"

namespace boxcar {

namespace {

constexpr std::size_t kLongest = 4000;  // line of what is said

template <std::size_t N>
std::vector<std::string> words(const std::string_view (&list)[N]) {
  return {std::begin(list), std::end(list)};
}

int detach(const Call& call, bool json) {
  const std::string run = new_run_id();
  const auto code = leave_behind(run, call.command, call.args, call.handed, json, Begun::Run);
  if (!code) return say(code.error(), json);
  if (*code) return **code;
  if (json) {
    print_to(stdout, "{{\"run\": {}, \"status\": \"running\"}}\n", json_quote(run));
  } else {
    print_to(stdout, "{}\n", run);
    print_to(stderr, "It runs on by itself: boxcar status {0}, boxcar logs -f {0}, boxcar stop {0}\n", run);
  }
  return 0;
}

void print_forecast(const RunReport& report) {
  std::size_t width = 4;
  std::size_t cached = 0;
  for (const auto& step : report.plan.steps) width = std::max(width, step.name.size());
  std::string out;
  for (StepIndex step = 0; step < report.steps.size(); ++step) {
    if (!report.wanted.empty() && !report.wanted[step]) continue;
    const auto& state = report.steps[step];
    const bool known = state.status == StepStatus::Cached;
    cached += known ? 1 : 0;
    const auto scaled = report.scaled.find(step);
    const auto needs =
        known ? "" : text_of(scaled == report.scaled.end() ? unmeasured(report.plan.steps[step]) : scaled->second);
    out += fmt::format("{:<{}}  {}{}\n", report.plan.steps[step].name, width,
                       known                                      ? "cached"
                       : state.status == StepStatus::Failed       ? "fails: " + printable(state.message, kLongest)
                       : state.status == StepStatus::Skipped      ? "skipped: " + printable(state.message, kLongest)
                       : state.message.starts_with("depends on ") ? printable(state.message, kLongest)
                                                                  : "runs: " + printable(state.message, kLongest),
                       needs.empty() ? "" : "\n  " + std::string(width, ' ') + printable(needs, kLongest));
  }
  print_to(stderr, "{}{} of {} steps are cached\n", out, cached, report.plan.count(report.wanted));
}

}  // namespace

void declare_engine(Options& options, std::string& engine, const std::string& help) {
  options.choice("--engine", engine, words(kEngineNames),
                 help + " (default: $BOXCAR_ENGINE, else as configured, else auto)");
}

void declare_pull(Options& options, std::string& pull) {
  options.choice("--pull", pull, words(kPullWords), "When to pull images (default: missing)");
}

void RunOptions::declare(Options& options, const std::string& default_store) {
  options.count("-j,--jobs", jobs, "Containers at once (default: the number of cores)");
  options.value("--cores", cores, "Of what steps request, that many at once (default: those there are)", "N");
  options.value("--memory", memory, "The same of memory, as 8Gi", "SIZE");
  options.value("--gpus", gpus, "The same of GPUs", "N");
  options.flag("--monitor-memory", monitor_memory, "Say at the end how much memory each step took");
  options.list("--set", set, "A workflow input or a step's parameter", "[STEP.]NAME=VALUE");
  options.list("--target", targets, "Only this step and what it needs; may be given again", "STEP");
  options.flag("-n,--dry-run", dry_run, "Start nothing; say of each step whether it is cached, and if not, why");
  options.flag("--explain", explain, "Say of each step that runs why its result was not known");
  options.list("--rerun", rerun, "Run this step even where its result is known", "STEP");
  options.flag("-k,--keep-going", keep_going, "After a failure go on with what does not depend on it");
  options.flag("--keep-failed", keep_failed, "Keep the workspace of a failed step");
  options.value("--store", store, "Where results are kept (default: $BOXCAR_STORE, else " + default_store + ")", "DIR");
  declare_engine(options, engine, "Where containers run");
  declare_pull(options, pull);
  options.value("--grace", grace, "Between SIGTERM and SIGKILL when a run is stopped (default 10s)", "TIME");
  options.flag("-d,--detach", detach, "Leave the run behind; print its id");
  options.flag("--json", json, "One JSON document on stdout at the end");
}

std::optional<int> RunOptions::complete() {
  Findings findings;
  const auto read = user_config(findings);
  if (!findings.ok()) return say(findings, json);
  if (!read) return say(read.error(), json);
  const Config& config = *read;
  const auto name = engine_name(engine, config);
  if (!name) return say(name.error(), json);
  engine = *name;
  if (pull.empty()) pull = config.pull.empty() ? "missing" : config.pull;
  if (jobs == 0) jobs = config.jobs.value_or(0);
  if (grace.empty()) grace = config.grace ? std::to_string(config.grace->count()) + "s" : "10s";
  return std::nullopt;
}

Result<Resources> RunOptions::machine() const {
  Resources said;
  const auto wrong = [](const std::string& option, const std::string& text, const std::string& expected) {
    return fail(ErrorKind::Invalid, option + " takes " + expected + ", not " + in_quotes(text));
  };
  if (!cores.empty()) {
    said.cpu = parse_quantity(cores);
    if (!said.cpu || *said.cpu < 0.001) return wrong("--cores", cores, "a number of cores above 0 (4, 1.5)");
  }
  if (!memory.empty()) {
    const auto bytes = parse_quantity(memory);
    if (!bytes || *bytes < 1 || *bytes >= 1e18) return wrong("--memory", memory, "bytes above 0 (8Gi, 500M)");
    said.memory = static_cast<std::uint64_t>(*bytes);
  }
  if (!gpus.empty()) {
    int count = -1;
    const auto read = std::from_chars(gpus.data(), gpus.data() + gpus.size(), count);
    if (read.ec != std::errc{} || read.ptr != gpus.data() + gpus.size() || count < 0 || count > Resources::kMostGpus)
      return wrong("--gpus", gpus, fmt::format("a number from 0 to {}", Resources::kMostGpus));
    said.gpus = count;
  }
  return said;
}

PullPolicy RunOptions::pull_policy() const {
  return pull == "always" ? PullPolicy::Always : pull == "never" ? PullPolicy::Never : PullPolicy::Missing;
}

int say(const Error& error, bool json) {
  if (json) {
    Findings findings;
    findings.error("", {}, error.text());
    print_to(stdout, "{}\n", json_findings(findings));
  } else {
    print_to(stderr, "boxcar: {}\n", printable(error.sentence(), kLongest));
    for (const auto& line : error.more) print_to(stderr, "  {}\n", printable(line, kLongest));
  }
  return exit_code_of(error);
}

int say(Findings& findings, bool json) {
  findings.sort();
  if (json) {
    print_to(stdout, "{}\n", json_findings(findings));
  } else {
    for (const auto& finding : findings.all()) print_to(stderr, "{}\n", printable(finding.text(), kLongest));
  }
  return findings.ok() ? kDone : kWrong;
}

std::string store_directory(const std::string& option, const std::string& by_default) {
  const std::string store = option.empty() ? environment("BOXCAR_STORE") : option;
  return absolute_path(store.empty() ? by_default : store, current_directory());
}

void say_progress(const std::string& line) {
  print_to(stderr, "{}\n", printable(line, kLongest));
}

int execute(const RunOptions& options, WorkflowSource workflow, const std::string& default_store, const Call& call) {
  // Of a directory that was removed: what is relative would be taken for a path of /.
  if (char here[PATH_MAX]; ::getcwd(here, sizeof here) == nullptr) {
    return say(errno_error("finding the current directory", errno), options.json);
  }
  RunRequest request;
  if (!options.values.empty()) {
    auto text = read_file(options.values);
    if (!text) return say(text.error(), options.json);
    Findings wrong;
    auto settings = read_step_values({options.values, *std::move(text)}, wrong);
    if (!settings) return say(wrong, options.json);
    request.settings = *std::move(settings);
    if (!wrong.ok()) {  // said with all that is wrong in the workflow
      workflow = [wrong, read = std::move(workflow)](Findings& findings) {
        for (const auto& finding : wrong.all()) findings.add(finding);
        return read(findings);
      };
    }
  }
  for (const auto& setting : options.set) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      return say(Error{ErrorKind::Invalid, "--set takes NAME=VALUE, not " + in_quotes(setting), {}}, options.json);
    }
    request.settings.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
  }
  const auto grace = parse_duration(options.grace);
  if (!grace) {
    return say(
        Error{ErrorKind::Invalid, "--grace: '" + options.grace + "' is not a time of at most 36500d; write 10s", {}},
        options.json);
  }
  auto machine = options.machine();
  if (!machine) return say(machine.error(), options.json);
  request.machine = *machine;
  const auto detached = detached_run();
  if (options.detach && !options.dry_run && !detached) return detach(call, options.json);

  request.store = store_directory(options.store, default_store);
  request.workflow = std::move(workflow);
  request.large = call.large;
  request.run = detached.value_or("");
  request.command = "boxcar " + call.command + (call.args.empty() ? "" : " ") + shell_words(call.args);
  request.targets = options.targets;
  request.rerun = options.rerun;
  request.jobs = options.jobs;
  request.engine = options.engine;
  request.place = options.place;
  request.pull = options.pull_policy();
  request.grace = *grace;
  request.keep_going = options.keep_going;
  request.keep_failed = options.keep_failed;
  request.dry_run = options.dry_run;
  request.explain = options.explain;

  block_interrupts();
  const auto display = detached ? detached_display() : make_display(Terminal::of(STDERR_FILENO), !options.dry_run);
  RunReport report = run_workflow(std::move(request), *display);
  if (!report.findings.ok()) {
    say(report.findings, options.json);
    return report.exit_code();
  }
  if (report.steps.empty() && report.trouble) {
    say(*report.trouble, options.json);
    return report.exit_code();
  }
  if (options.json && !detached) print_json_report(report);
  if (options.dry_run && report.status == RunStatus::Cancelled) {
    say(interruption());  // what it would have said is not known
  } else if (options.dry_run) {
    print_forecast(report);
    if (report.trouble) say(*report.trouble);
  } else {
    print_report(report);
    if (options.monitor_memory) print_memory(report);
  }
  const ExitCode code = report.exit_code();
  if (call.container_code && code == kStepFailed && report.steps[0].exit_code.value_or(0) != 0)
    return *report.steps[0].exit_code;
  return code;
}

}  // namespace boxcar
