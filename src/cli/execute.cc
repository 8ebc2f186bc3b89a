#include "cli/execute.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/environment.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/lines.h"
#include "cli/report.h"
#include "record/run_store.h"
#include "run/preferences.h"

namespace boxcar {

namespace {

constexpr const char* kDetachedRun = "BOXCAR_DETACHED_RUN";  // the run's id, for the runner that was left behind
constexpr std::size_t kLongest = 4000;                       // line of what is said

std::optional<std::string> detached_run() {
  const char* run = std::getenv(kDetachedRun);
  if (run == nullptr || *run == '\0') return std::nullopt;
  return run;
}

template <std::size_t N>
std::vector<std::string> words(const std::string_view (&list)[N]) {
  return {std::begin(list), std::end(list)};
}

// As a shell takes it, so that a recorded command can be pasted.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-+./,:@%=").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

// The display of a detached runner: what is said until the run begins reaches the caller through stderr; that it began,
// and is recorded, is a byte through what is its standard input. Then the runner lets go of both, and the caller
// returns.
class Detached : public PlainLines {
 public:
  void run_started(const Plan&, const std::vector<bool>&, const std::string&) override {
    std::ignore = write_all(STDIN_FILENO, "+");
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
  }
  void step_changed(StepIndex, const StepState&) override {}
  void step_output(StepIndex, Stream, std::string_view) override {}
  void run_finished(RunStatus, double) override {}
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("making a pipe");
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Shows what the runner says until it says no more. A signal to this program is passed on, since none from the terminal
// reaches the runner's session. True: there was one.
bool listen_to(const Child& runner, int said) {
  const sigset_t set = interrupting_signals();
  const UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  pollfd watched[2] = {{said, POLLIN, 0}, {signals.get(), POLLIN, 0}};
  char buffer[4096];
  bool ending = false;
  for (;;) {
    if (::poll(watched, 2, -1) < 0 && errno == EINTR) continue;
    if (watched[1].revents != 0) {
      ::kill(runner.pid, SIGTERM);
      ending = true;
      watched[1].fd = -1;
    }
    if (watched[0].revents == 0) continue;
    const ssize_t n = ::read(said, buffer, sizeof buffer);
    if (n <= 0) return ending;
    std::ignore = write_all(STDERR_FILENO, std::string_view(buffer, static_cast<std::size_t>(n)));
  }
}

// Starts this program again, in a session of its own, and waits until its run has begun or come to nothing.
int detach(const std::string& command_name, const std::vector<std::string>& args, bool json) {
  const std::string run = new_run_id();
  ::setenv(kDetachedRun, run.c_str(), 1);
  block_interrupts();
  auto said = make_pipe();
  auto begins = make_pipe();
  if (!said || !begins) return say(said ? begins.error() : said.error(), json);
  SpawnOptions options;
  options.argv = {"/proc/self/exe", command_name};
  options.argv.insert(options.argv.end(), args.begin(), args.end());
  options.new_session = true;
  options.stdin_fd = begins->write_end.get();
  options.stderr_fd = said->write_end.get();
  if (json) options.stdout_fd = STDOUT_FILENO;
  const auto runner = spawn(options);
  if (!runner) return say(runner.error(), json);
  said->write_end.reset();
  begins->write_end.reset();
  const bool ending = listen_to(*runner, said->read_end.get());
  char byte = 0;
  const bool began = ::read(begins->read_end.get(), &byte, 1) == 1;
  if (!began || ending) {
    const auto ended = wait_for(*runner);
    if (!ended) return say(ended.error(), json);
    if (ended->signal != 0) {
      const std::string signal = std::to_string(ended->signal);
      std::ignore = say(Error{ErrorKind::Internal, "the runner was killed by signal " + signal, {}}, json);
    }
    return ended->code;
  }
  if (json) {
    fmt::print("{{\"run\": {}, \"status\": \"running\"}}\n", json_quote(run));
  } else {
    fmt::print("{}\n", run);
    fmt::print(stderr, "It runs on by itself: boxcar status {0}, boxcar logs -f {0}, boxcar stop {0}\n", run);
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
    out += fmt::format("{:<{}}  {}\n", report.plan.steps[step].name, width,
                       known                                      ? "cached"
                       : state.status == StepStatus::Failed       ? "fails: " + printable(state.message, kLongest)
                       : state.message.starts_with("depends on ") ? printable(state.message, kLongest)
                                                                  : "runs: " + printable(state.message, kLongest));
  }
  fmt::print(stderr, "{}{} of {} steps are cached\n", out, cached, report.plan.count(report.wanted));
}

}  // namespace

void declare_engine(Options& options, std::string& engine, const std::string& help) {
  options.choice("--engine", engine, words(kEngineNames),
                 help + " (default: $BOXCAR_ENGINE, else as configured, else auto)");
}

void RunOptions::declare(Options& options, const std::string& default_store) {
  options.count("-j,--jobs", jobs, "Containers at once (default: the number of cores)");
  options.list("--set", set, "A workflow input or a step's parameter", "[STEP.]NAME=VALUE");
  options.list("--target", targets, "Only this step and what it needs; may be given again", "STEP");
  options.flag("-n,--dry-run", dry_run, "Start nothing; say of each step whether it is cached, and if not, why");
  options.flag("--explain", explain, "Say of each step that runs why its result was not known");
  options.list("--rerun", rerun, "Run this step even where its result is known", "STEP");
  options.flag("-k,--keep-going", keep_going, "After a failure go on with what does not depend on it");
  options.flag("--keep-failed", keep_failed, "Keep the workspace of a failed step");
  options.value("--store", store, "Where results are kept (default: $BOXCAR_STORE, else " + default_store + ")", "DIR");
  declare_engine(options, engine, "Where containers run");
  options.choice("--pull", pull, words(kPullWords), "When to pull images (default: missing)");
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

PullPolicy RunOptions::pull_policy() const {
  return pull == "always" ? PullPolicy::Always : pull == "never" ? PullPolicy::Never : PullPolicy::Missing;
}

int say(const Error& error, bool json) {
  if (json) {
    Findings findings;
    findings.error("", {}, error.text());
    fmt::print("{}\n", json_findings(findings));
  } else {
    fmt::print(stderr, "boxcar: {}\n", printable(error.sentence(), kLongest));
    for (const auto& line : error.more) fmt::print(stderr, "  {}\n", printable(line, kLongest));
  }
  return exit_code_of(error);
}

int say(Findings& findings, bool json) {
  findings.sort();
  if (json) {
    fmt::print("{}\n", json_findings(findings));
  } else {
    for (const auto& finding : findings.all()) fmt::print(stderr, "{}\n", printable(finding.text(), kLongest));
  }
  return findings.ok() ? kDone : kWrong;
}

std::string store_directory(const std::string& option, const std::string& by_default) {
  const std::string store = option.empty() ? environment("BOXCAR_STORE") : option;
  return absolute_path(store.empty() ? by_default : store, current_directory());
}

void say_progress(const std::string& line) {
  fmt::print(stderr, "{}\n", printable(line, kLongest));
}

int execute(const RunOptions& options, WorkflowSource workflow, const std::string& default_store, const Call& call) {
  // Of a directory that was removed: what is relative would be taken for a path of /.
  if (char here[PATH_MAX]; ::getcwd(here, sizeof here) == nullptr) {
    return say(errno_error("finding the current directory", errno), options.json);
  }
  RunRequest request;
  for (const auto& setting : options.set) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos) {
      return say(Error{ErrorKind::Invalid, "--set takes NAME=VALUE, not " + in_quotes(setting), {}}, options.json);
    }
    request.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  const auto grace = parse_duration(options.grace);
  if (!grace) {
    return say(
        Error{ErrorKind::Invalid, "--grace: '" + options.grace + "' is not a time of at most 36500d; write 10s", {}},
        options.json);
  }
  const auto detached = detached_run();
  if (options.detach && !options.dry_run && !detached) return detach(call.command, call.args, options.json);

  request.store = store_directory(options.store, default_store);
  request.workflow = std::move(workflow);
  request.large = call.large;
  request.run = detached.value_or("");
  request.command = "boxcar " + call.command;
  for (const auto& arg : call.args) request.command += " " + shell_word(arg);
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
  const auto display =
      detached ? std::make_unique<Detached>() : make_display(Terminal::of(STDERR_FILENO), !options.dry_run);
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
  if (options.dry_run) {
    print_forecast(report);
  } else {
    print_report(report);
  }
  const ExitCode code = report.exit_code();
  if (call.container_code && code == kStepFailed && report.steps[0].exit_code.value_or(0) != 0)
    return *report.steps[0].exit_code;
  return code;
}

}  // namespace boxcar
