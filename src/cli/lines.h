// A run as plain lines, where there is no terminal to draw on.
#pragma once

#include <memory>
#include <string>

#include "cli/terminal.h"
#include "run/observer.h"

namespace boxcar {

// Of cached and of skipped steps only the first twenty are named: there may be 100,000. Lines are gathered and written
// by tick(); a note at once. The plan must live until run_finished().
class PlainLines : public Observer {
 public:
  explicit PlainLines(int fd = 2) : fd_(fd) {}
  ~PlainLines() override { flush(); }

  void run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string& run) override;
  void note(const std::string& text) override;
  void step_changed(StepIndex step, const StepState& state) override;
  void step_output(StepIndex step, Stream stream, std::string_view line) override;
  void tick() override { flush(); }
  void run_finished(RunStatus status, double seconds) override;

 private:
  void say(StepIndex step, std::string_view what);
  void flush();

  int fd_;
  const Plan* plan_ = nullptr;
  std::size_t cached_ = 0;
  std::size_t skipped_ = 0;
  std::string buffer_;
};

// The live table where the terminal can show one, else plain lines. `steps` false: nothing but notes, for a dry run.
std::unique_ptr<Observer> make_display(const Terminal& terminal, bool steps = true);

}  // namespace boxcar
