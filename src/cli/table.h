// The live table of a run on a terminal.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "run/observer.h"

namespace boxcar {

// A change of a step costs next to nothing: drawing is done by tick(), at most ten times a second. A workflow that is
// higher than the terminal is shown by what runs, what failed, and a bar. The plan must live until run_finished().
class LiveTable : public Observer {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LiveTable(const Terminal& terminal) : terminal_(terminal), screen_(terminal) {}

  void run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string& run) override;
  void note(const std::string& text) override;
  void step_changed(StepIndex step, const StepState& state) override;
  void step_output(StepIndex step, Stream stream, std::string_view line) override;
  void tick() override;
  void run_finished(RunStatus status, double seconds) override;

  // What is drawn, at most size.rows lines.
  std::vector<Line> frame(Terminal::Size size, Clock::time_point now) const;
  // What stays after the end.
  std::vector<Line> last_frame(Terminal::Size size) const;

 private:
  struct Row {
    StepStatus status = StepStatus::Waiting;
    float seconds = 0;
  };
  struct Running {
    Clock::time_point since;
    int attempt = 1;
    std::string line;  // the latest, as the container wrote it
  };

  Line row(StepIndex step, Terminal::Size size, Clock::time_point now) const;
  Line footer(Terminal::Size size, Clock::time_point now) const;
  std::size_t count(StepStatus status) const { return counts_[static_cast<std::size_t>(status)]; }
  std::size_t done() const;

  Terminal terminal_;
  Screen screen_;
  const Plan* plan_ = nullptr;
  std::vector<Row> rows_;         // by step
  std::vector<StepIndex> shown_;  // those that are wanted
  std::size_t counts_[7] = {};
  std::map<StepIndex, Running> running_;
  std::map<StepIndex, std::string> failed_;  // and why
  std::size_t name_width_ = 0;
  std::vector<Line> notes_;  // to be printed above the table
  Clock::time_point started_;
  Clock::time_point drawn_;
};

}  // namespace boxcar
