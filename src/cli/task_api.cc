// task-api processing-container|validate|run|logs|check-task-run: Kaapana's program of that name, its options and exit
// codes (docs/formats/kaapana.md).
#include <fmt/core.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/check_workflow.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/detach.h"
#include "cli/execute.h"
#include "cli/find_document.h"
#include "cli/print.h"
#include "cli/recorded.h"
#include "cli/task_variables.h"
#include "cli/terminal.h"
#include "run/secrets.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kInvalid = 1;          // of `validate`
constexpr int kOutOfMemory = 137;    // of `check-task-run`
constexpr int kNoCodeOfTheTask = 1;  // it came to no end of its own

constexpr auto kPollTime = std::chrono::milliseconds(100);
constexpr auto kRowTime = std::chrono::milliseconds(5);
constexpr auto kMostRowTime = std::chrono::seconds(5);  // a record that can't be written never has it

// "docker": here. What engine that is, boxcar's own options and configuration say.
std::optional<int> refuse_cluster(const std::string& mode) {
  if (mode != "k8s") return std::nullopt;
  return say(
      Error{ErrorKind::Invalid, "--mode k8s: clusters are not supported by this version; use --mode docker", {}});
}

void declare_mode(Options& options, std::string& mode) {
  options.choice("--mode", mode, {"docker", "k8s"}, "Where containers run (default: docker, which is any engine here)");
}

// A task_run file, by which the calls that follow find the run. It says what was planned, which the record knows: its
// step's row is written a moment after the step began.
Result<void> write_task_run(const std::string& path, RunStore& record, const std::string& id) {
  TRY(auto run, recorded_run(record, id));
  TRY(auto steps, record.steps(id));
  const auto until = std::chrono::steady_clock::now() + kMostRowTime;
  while (steps.empty() && status_of(run) == "running" && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(kRowTime);
    TRY(run, recorded_run(record, id));
    TRY(steps, record.steps(id));
  }
  const Json json{{"task_run", id}, {"name", run.workflow}, {"image", steps.empty() ? "" : steps.front().image_name}};
  return write_file(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

// The run that a task_run file is about.
Result<std::string> run_of_file(const std::string& path) {
  TRY(const auto text, read_file(path));
  const auto json = Json::parse(text, nullptr, false);
  const auto run = json.is_object() ? json.find("task_run") : json.end();
  if (json.is_object() && run != json.end() && run->is_string()) return run->get<std::string>();
  return fail(ErrorKind::Invalid, path + " is no file that 'task-api run' wrote");
}

// Of such a file, or of a run that is named itself.
Result<RunRecord> task_run(RunStore& record, const std::string& what) {
  if (!exists(what)) {
    auto run = recorded_run(record, what);
    if (!run) run.error().message = what + " is no file, and " + run.error().message;
    return run;
  }
  TRY(const std::string run, run_of_file(what));
  auto found = recorded_run(record, run);
  return found ? std::move(found) : fail(std::move(found).error().in(what));
}

// Waits for the end. A runner may write it, and be gone, after its row was read: so who seems to have been interrupted
// is looked at once more.
Result<RunRecord> ended_run(RunStore& record, const std::string& id) {
  for (int interrupted = 0;;) {
    TRY(auto run, recorded_run(record, id));
    const auto status = status_of(run);
    if (status != "running" && (status != "interrupted" || ++interrupted > 1)) return run;
    if (status == "running") std::this_thread::sleep_for(kPollTime);
  }
}

// Waits, says why where it failed, and gives the code of the task's container.
int end_of(RunStore& record, const std::string& id) {
  const auto found = ended_run(record, id);
  if (!found) return say(found.error());
  const auto steps = record.steps(id);
  if (!steps) return say(steps.error());
  const auto end = [&](int code, const std::string& why) {
    print_to(stderr, "boxcar: {}\n", printable(found->workflow + ": " + why));
    return code;
  };
  if (steps->size() != 1) return end(kNoCodeOfTheTask, "it was " + std::string(status_of(*found)));
  const StepRecord& step = steps->front();
  if (step.failure == Failure::Memory) return end(kOutOfMemory, step.message);
  if (step.status == StepStatus::Failed) {
    const int code = step.exit_code.value_or(0);
    return end(code != 0 ? code : kNoCodeOfTheTask, step.message);
  }
  if (!found->problem.empty()) return end(kNoCodeOfTheTask, found->problem);
  if (found->status == RunStatus::Succeeded) return kDone;
  if (found->status == RunStatus::Cancelled) return end(kInterrupted, "it was " + std::string(status_of(*found)));
  return end(kNoCodeOfTheTask,
             "its runner was killed; 'boxcar stop " + id + "' ends what may still run of it, another run takes it up");
}

int processing_container(const Args& args) {
  Options options("task-api processing-container", "Prints the processing-container.json of an image.",
                  "task-api processing-container registry.example/dummy:latest --mode docker");
  std::string image;
  std::string mode;
  std::string engine;
  options.required("IMAGE", image, "Its name");
  declare_mode(options, mode);
  declare_engine(options, engine, "Whose images are looked at");
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = refuse_cluster(mode)) return *code;
  const auto declaration = find_declaration(image, engine);
  if (!declaration) return say(declaration.error());
  if (declaration->format->format != Format::ProcessingContainer) {
    return say(Error{
        ErrorKind::Invalid, "the image " + image + " is no processing-container: it has " + declaration->name, {}});
  }
  print(declaration->text + (declaration->text.ends_with('\n') ? "" : "\n"));
  return kDone;
}

int validate(const Args& args) {
  Options options(
      "task-api validate",
      "Says everything that is wrong with a document, at once. Of a task also whether it fits its image, where\n"
      "that is here; a host path where nothing lies is warned of.",
      "task-api validate task.json --schema task");
  std::string path;
  std::string schema;
  std::string engine;
  TaskVariables variables;
  options.required("FILE", path, "The document");
  options.choice("--schema", schema, {"task", "pc"}, "What it is to be: a task, or a processing-container");
  declare_engine(options, engine, "Whose images are looked at");
  variables.declare(options);
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = variables.complete(false)) return *code;
  auto text = read_file(path);
  if (!text) return say(text.error()), kInvalid;
  const Document document{path, *std::move(text)};
  if (schema.empty()) schema = detect_format(document) == Format::Task ? "task" : "pc";
  Findings findings;
  if (schema == "task") {
    auto task = read_task(document, surroundings_of(path, variables), findings);
    if (task) {
      check_logins(*task, Severity::Warning, findings);
      check_workflow(*std::move(task), engine, MissingInputs::WarnedOf, findings);
    }
  } else {
    read_processing_container(document, findings);
  }
  if (say(findings) != kDone) return kInvalid;
  print_to(stdout, "{}: valid ({})\n", path, schema == "task" ? "a task" : "a processing-container");
  return kDone;
}

// In the runner that is left behind. The task is read here alone.
int run_left_behind(const std::string& path, RunOptions run, bool rerun, const TaskVariables& variables,
                    const Call& call) {
  if (const auto code = run.complete()) return *code;
  auto text = read_file(path);
  if (!text) return say(text.error());
  const Surroundings around = surroundings_of(path, variables);
  Findings found;
  auto task = read_task({path, *std::move(text)}, around, found);
  if (!task) return say(found);
  if (rerun) run.rerun = {task->steps.front().name};
  const auto read = [task = std::make_shared<Workflow>(*std::move(task)), found](Findings& findings) {
    findings = found;
    return std::optional(std::move(*task));
  };
  return execute(run, read, around.directory + "/.boxcar", call);
}

int run(const Args& args) {
  Options options(
      "task-api run",
      "Starts a task, and returns once its container runs. A file task_run-ID is written, by which 'task-api\n"
      "logs' and 'task-api check-task-run' find it.",
      "task-api run task.json --mode docker --watch");
  std::string path;
  std::string mode;
  std::string output;
  bool watch = false;
  bool rerun = false;
  RunOptions run;
  TaskVariables variables;
  options.required("FILE", path, "The task.json");
  declare_mode(options, mode);
  options.flag("--watch", watch, "Show what the container prints until it ends, and end with its code");
  options.value("--output", output, "Instead of task_run-ID", "FILE");
  options.flag("--monitor-memory", run.monitor_memory,
               "Wait for the end, and say then how much memory it took and what its scale rules gave");
  declare_engine(options, run.engine, "Where containers run");
  options.value("--store", run.store, "Where results are kept (default: $BOXCAR_STORE, else .boxcar beside the task)",
                "DIR");
  options.flag("--rerun", rerun, "Run it even where its result is known");
  variables.declare(options);
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = refuse_cluster(mode)) return *code;
  if (const auto code = variables.complete(false)) return *code;

  Call call{"task-api", {"run"}};
  const Args own = without_values(args);
  call.args.insert(call.args.end(), own.begin(), own.end());
  if (detached_run()) return run_left_behind(path, run, rerun, variables, call);
  // Without a record nobody could ask what became of it.
  const auto record = RunStore::open(RunStore::default_path());
  if (!record) return say(record.error());
  const std::string id = new_run_id();
  if (output.empty()) output = "task_run-" + id;
  if (exists(output) && !run_of_file(output)) {
    return say(
        Error{ErrorKind::Invalid, "--output: " + output + " is there, and is no file that 'task-api run' wrote", {}});
  }
  if (const std::string folder(directory_name(output)); !exists(folder)) {
    return say(Error{ErrorKind::NotFound, "--output: there is no directory " + folder, {}});
  }
  const auto code = leave_behind(id, call.command, call.args, variables.texts, false,
                                 run.monitor_memory ? Begun::End : Begun::Container);
  if (!code) return say(code.error());
  if (*code && !recorded_run(**record, id)) return **code;  // nothing of it began
  if (const auto written = write_task_run(output, **record, id); !written) {
    say(written.error());
    print_to(stderr, "the task runs all the same: boxcar status {0}, boxcar stop {0}\n", id);
    return kTrouble;
  }
  print_to(stdout, "{}\n", output);
  std::fflush(stdout);
  if (*code) return run.monitor_memory ? end_of(**record, id) : **code;
  if (!watch) return kDone;
  std::ignore = run_logs({id, "--follow"});
  return end_of(**record, id);
}

// What `logs` and `check-task-run` are asked about.
struct Question {
  std::unique_ptr<RunStore> record;
  std::string run;
  bool watch = false;

  // None: go on; else the exit code, once what is wrong was said.
  std::optional<int> take(Options& options, const std::string& watch_help, const Args& args) {
    std::string what;
    options.required("FILE", what, "The file that 'task-api run' wrote, or the run's id");
    options.flag("--watch", watch, watch_help);
    if (const auto code = options.parse(args)) return *code;
    auto opened = RunStore::open(RunStore::default_path());
    if (!opened) return say(opened.error());
    record = *std::move(opened);
    const auto found = task_run(*record, what);
    if (!found) return say(found.error());
    run = found->id;
    return std::nullopt;
  }
};

int logs(const Args& args) {
  Options options("task-api logs", "Prints what the container of a task printed, or prints.",
                  "task-api logs task_run-20261122-141930-x7k2 --watch");
  Question question;
  if (const auto code = question.take(options, "Go on until it has ended", args)) return *code;
  return run_logs(question.watch ? Args{question.run, "--follow"} : Args{question.run});
}

int check_task_run(const Args& args) {
  Options options("task-api check-task-run", "Waits until a task has ended, and ends with its container's exit code.",
                  "task-api check-task-run task_run-20261122-141930-x7k2");
  Question question;
  if (const auto code = question.take(options, "Show what the container prints meanwhile", args)) return *code;
  if (question.watch) std::ignore = run_logs({question.run, "--follow"});
  return end_of(*question.record, question.run);
}

struct Call {
  const char* name;
  int (*run)(const Args&);
  const char* summary;
};

constexpr std::array<Call, 5> kCalls = {{
    {"processing-container", processing_container, "print an image's processing-container.json"},
    {"validate", validate, "say what is wrong with a document"},
    {"run", run, "start a task"},
    {"logs", logs, "show what its container prints"},
    {"check-task-run", check_task_run, "wait for it, and end with its container's exit code"},
}};

}  // namespace

int run_task_api(const Args& args) {
  for (const auto& call : kCalls) {
    if (!args.empty() && args[0] == call.name) return call.run({args.begin() + 1, args.end()});
  }
  if (completing()) {
    for (const auto& call : kCalls) offer(args.empty() ? "" : args[0], call.name, call.summary);
    return kDone;
  }
  if (!args.empty() && args[0] == "--version") {
    print_to(stdout, "task-api (boxcar {})\n", version());
    return kDone;
  }
  const bool help = args.empty() || args[0] == "--help" || args[0] == "-h";
  if (!help) {
    std::vector<std::string> names;
    for (const auto& call : kCalls) names.emplace_back(call.name);
    print_to(stderr, "boxcar: task-api has no call {}{}\nTry 'task-api --help'.\n", in_quotes(args[0]),
             did_you_mean(args[0], names));
    return kWrong;
  }
  print_to(stdout, "Usage: task-api CALL [options]\n\nRuns tasks of Kaapana's Task API.\n\nCalls:\n");
  for (const auto& call : kCalls) print_to(stdout, "  {:<21} {}\n", call.name, call.summary);
  print_to(stdout, "\ntask-api CALL --help says more.\n\nExample:\n  task-api run task.json --mode docker --watch\n");
  return args.empty() ? kWrong : kDone;
}

}  // namespace boxcar
