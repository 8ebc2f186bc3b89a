// What `boxcar test` finds out about the tools of an image.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/sample.h"
#include "image/images.h"
#include "run/session.h"

namespace boxcar {

struct Problem {
  std::string_view kind;  // "exit", "start", …: docs/authors.md has all
  std::string message;
};

struct ToolVerdict {
  std::string name;  // as the caller calls it: its template, or what it declares as its name
  std::vector<Problem> problems;
  std::vector<std::string> notes;  // no problem here, but worth knowing
  std::vector<std::string> log;    // the end of what it printed
  std::optional<int> exit_code;
  double seconds = 0;
  std::uint64_t peak_memory = 0;  // bytes; 0: not known
  bool ran = false;

  bool ok() const { return problems.empty(); }
};

// What can be seen without starting it: what stands in the image where a port is mounted, and where the command says.
struct Looked {
  std::vector<Problem> problems;
  std::vector<Problem> suspects;  // problems where it fails
  std::vector<std::string> notes;
};
Result<Looked> look_at(const Tool& tool, const Images& images, const Image& image);

// Keeps what the containers print, as far as a verdict needs it; passes notes on.
class TrialWatcher : public Observer {
 public:
  void run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string& run) override;
  void note(const std::string& text) override;
  void step_output(StepIndex step, Stream stream, std::string_view line) override;

  struct Heard {
    std::vector<std::string> last;       // lines
    std::vector<std::string> read_only;  // lines that tell of a write into what is read-only
  };
  const Heard& of(StepIndex step) const { return heard_[step]; }
  bool knows(StepIndex step) const { return step < heard_.size(); }

 private:
  std::vector<Heard> heard_;
};

// Of a step of a run that is over, before its store is removed.
ToolVerdict verdict_on(const RunReport& report, StepIndex step, const std::string& name, const Sample& sample,
                       const Looked& looked, const TrialWatcher& watcher);

}  // namespace boxcar
