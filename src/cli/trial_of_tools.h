// What `boxcar test` finds out about the tools of an image.
#pragma once

#include <set>
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

// Of the run of one tool: keeps what its container prints, as far as a verdict needs it. Passes notes on that are not
// among those `noted`, and adds them.
class TrialWatcher : public Observer {
 public:
  explicit TrialWatcher(std::set<std::string>& noted) : noted_(noted) {}

  void note(const std::string& text) override;
  void step_output(StepIndex step, Stream stream, std::string_view line) override;

  const std::vector<std::string>& last() const { return last_; }            // lines
  const std::vector<std::string>& read_only() const { return read_only_; }  // lines that tell of a write

 private:
  std::set<std::string>& noted_;
  std::vector<std::string> last_;
  std::vector<std::string> read_only_;
};

// Of a tool's run that is over, before its store is removed.
ToolVerdict verdict_on(const RunReport& report, const std::string& name, const Sample& sample, const Looked& looked,
                       const TrialWatcher& watcher);

}  // namespace boxcar
