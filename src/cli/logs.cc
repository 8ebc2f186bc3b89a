// boxcar logs: what the containers of a recorded run printed, or print.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/recorded.h"
#include "cli/terminal.h"
#include "run/log_reader.h"

namespace boxcar {
namespace {

constexpr auto kPollTime = std::chrono::milliseconds(100);
constexpr std::size_t kBufferLimit = 64 << 10;
constexpr std::size_t kLongestLine = 256 << 10;  // on a terminal

// Prints log entries: stdout's on stdout, stderr's on stderr; as they were, unless a terminal reads them.
class Printer {
 public:
  ~Printer() { flush(); }

  void print(const LogEntry& entry, const std::string& prefix) {
    const int fd = entry.stream == Stream::Out ? 1 : 2;
    if (fd != fd_) flush();
    fd_ = fd;
    if (!in_part_) buffer_ += prefix;
    buffer_ += is_terminal_[fd] ? visible(entry.line, kLongestLine) : entry.line;
    in_part_ = entry.part;
    if (!entry.part) buffer_ += '\n';
    if (buffer_.size() >= kBufferLimit) flush();
  }

  void flush() {
    if (fd_ == 2) {
      (void)write_all(2, buffer_);
    } else {
      boxcar::print(buffer_);
      std::fflush(stdout);
    }
    buffer_.clear();
  }

 private:
  const bool is_terminal_[3] = {false, isatty(1) == 1, isatty(2) == 1};
  int fd_ = 1;
  bool in_part_ = false;
  std::string buffer_;
};

class Logs {
 public:
  Logs(RunStore& store, RunRecord run, std::string step, int attempt)
      : store_(store), run_(std::move(run)), step_(std::move(step)), attempt_(attempt) {}

  // Prints what is there. Of several steps one after another, or, when following, as it comes.
  Result<void> print() {
    TRY(const auto steps, store_.steps(run_.id));
    std::size_t found = 0;
    for (const StepRecord& step : steps) {
      if (!step_.empty() && step.name != step_) continue;
      ++found;
      const std::string path = log_of(run_, step, attempt_);
      if (path.empty()) continue;
      const std::string prefix = step_.empty() && run_.total > 1 ? "[" + step.name + "] " : "";
      const auto print_entry = [&](const LogEntry& entry) {
        printer_.print(entry, prefix);
        return true;
      };
      auto& [open_path, reader] = open_[step.name];
      if (open_path != path) {
        // A new attempt begins a new log; the one before may have grown since it was read.
        if (reader) CHECK_OK(reader->read(print_entry));
        TRY(reader, LogReader::open(path));
        open_path = path;
      }
      CHECK_OK(reader->read(print_entry));
    }
    printer_.flush();
    if (found == 0 && !step_.empty() && !alive()) {
      std::vector<std::string> names;
      for (const StepRecord& step : steps) names.push_back(step.name);
      return fail(ErrorKind::NotFound,
                  fmt::format("run {} has no step '{}'{}", run_.id, printable(step_), did_you_mean(step_, names)));
    }
    if (attempt_ > 0 && open_.empty()) {
      return fail(ErrorKind::NotFound, fmt::format("there is no log of attempt {}", attempt_));
    }
    return {};
  }

  // Until the run has ended.
  Result<void> follow() {
    while (alive()) {
      CHECK_OK(print());
      std::this_thread::sleep_for(kPollTime);
      TRY(const auto now, store_.find(run_.id));
      if (now) run_ = *now;
    }
    return print();
  }

 private:
  bool alive() const { return status_of(run_) == "running"; }

  RunStore& store_;
  RunRecord run_;
  std::string step_;
  int attempt_;
  std::map<std::string, std::pair<std::string, std::optional<LogReader>>> open_;
  Printer printer_;
};

}  // namespace

int run_logs(const Args& args) {
  std::string what;
  bool follow = false;
  unsigned attempt = 0;
  Options options("boxcar logs", "Prints what the containers of a run printed; of the latest run where none is named.",
                  "boxcar logs\n  boxcar logs 20261122-141930/simulate\n  boxcar logs -f");
  options.value("run", what, "a run, or one of its steps: RUN/STEP, or /STEP of the latest run", "RUN[/STEP]");
  options.flag("-f,--follow", follow, "go on until the run has ended");
  options.value("--attempt", attempt, "which attempt of the step; the last one otherwise");
  if (const auto code = options.parse(args)) return *code;
  auto store = RunStore::open(RunStore::default_path());
  if (!store) return say(store.error());
  const std::size_t slash = what.find('/');
  const std::string step = slash == std::string::npos ? "" : what.substr(slash + 1);
  const auto run = recorded_run(**store, what.substr(0, slash));
  if (!run) return say(run.error());
  Logs logs(**store, *run, step, static_cast<int>(attempt));
  const auto printed = follow ? logs.follow() : logs.print();
  return printed ? 0 : say(printed.error());
}

}  // namespace boxcar
