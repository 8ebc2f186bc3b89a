// boxcar: one binary, several names.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete.h"

namespace boxcar {
namespace {

struct Command {
  const char* name;
  int (*run)(const Args&);
  const char* summary;  // "": called by a name of its own only
};

constexpr Command kCommands[] = {
    {"run", run_run, "run a workflow"},
    {"tool", run_tool, "run one image that declares its tool"},
    {"chain", run_chain, "run images one after another, each fed by the one before"},
    {"validate", run_validate, "check a workflow, a task.json, a kliko.yml, a processing-container.json or an image"},
    {"inspect", run_inspect, "show what an image or a file declares"},
    {"schema", run_schema, "print the JSON Schema of a document"},
    {"new", run_new, "write a starting point for an image that declares its tool"},
    {"test", run_test, "run what an image declares on sample input, and say what does not hold"},
    {"runs", run_runs, "list the runs"},
    {"status", run_status, "show a run's steps"},
    {"logs", run_logs, "show what a run's containers print"},
    {"stop", run_stop, "stop a run"},
    {"image", run_image, "look after images: ls, pull, import, push, login, logout, rm, prune"},
    {"gc", run_gc, "remove results that are not needed any more"},
    {"doctor", run_doctor, "say what works here, and how to get what is missing"},
    {"kliko-run", run_kliko_run, ""},
    {"kliko-validate", run_kliko_validate, ""},
    {"task-api", run_task_api, ""},
};

const Command* find_command(std::string_view name) {
  for (const auto& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

void print_help() {
  std::printf(
      "boxcar couples containers into a train: it runs images that describe themselves, alone or chained,\n"
      "and never computes the same thing twice.\n\nUsage: boxcar COMMAND [options]\n\nCommands:\n");
  for (const auto& command : kCommands) {
    if (*command.summary != '\0') std::printf("  %-10s %s\n", command.name, command.summary);
  }
  std::printf(
      "\nboxcar COMMAND --help says more; boxcar --version, which version this is. Called as kliko-run, "
      "kliko-validate or task-api (a symlink), it behaves as that program.\n\n"
      "Example:\n  boxcar run boxcar.yml -j 4\n");
}

// For the completion scripts of shells (cli/complete.h).
int complete(const Args& words) {
  begin_completion();
  const Command* command = words.size() > 1 ? find_command(words[0]) : nullptr;
  if (command != nullptr) return command->run({words.begin() + 1, words.end()});
  if (words.size() > 1) return 0;
  const std::string word = words.empty() ? "" : words[0];
  for (const auto& known : kCommands) {
    if (*known.summary != '\0') offer(word, known.name, known.summary);
  }
  if (word.starts_with("-")) {
    offer(word, "--help", "list the commands");
    offer(word, "--version", "say which version this is");
  }
  return 0;
}

int run(int argc, char** argv) {
  const std::string called(argc > 0 ? argv[0] : "boxcar");
  Args args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const Command* command = find_command(called.substr(called.rfind('/') + 1));
  if (command != nullptr && *command->summary == '\0') return command->run(args);
  if (args.size() > 1 && args[0] == "help") args = {args[1], "--help"};
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    print_help();
    return args.empty() ? 2 : 0;
  }
  if (args[0] == "--version") {
    std::printf("boxcar %s\n", version());
    return 0;
  }
  if (args[0] == "complete") return complete({args.begin() + 1, args.end()});
  command = find_command(args[0]);
  if (command == nullptr) {
    std::vector<std::string> names;
    for (const auto& known : kCommands) names.emplace_back(known.name);
    std::fprintf(stderr, "boxcar: there is no command '%s'%s\nTry 'boxcar --help'.\n", printable(args[0]).c_str(),
                 did_you_mean(args[0], names).c_str());
    return 2;
  }
  args.erase(args.begin());
  return command->run(args);
}

}  // namespace
}  // namespace boxcar

int main(int argc, char** argv) {
  // Where stdin, stdout or stderr is closed, no file may come to be in its place and get what is said.
  int null = 0;
  while (null >= 0 && null <= STDERR_FILENO) null = ::open("/dev/null", O_RDWR);
  ::close(null);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no further is an error of its own
  const int code = boxcar::run(argc, argv);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fputs("boxcar: writing to stdout failed\n", stderr);
  return code == 0 ? 3 : code;
}
