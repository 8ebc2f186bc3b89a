#include "cli/lines.h"

#include <fmt/format.h>

#include <iterator>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/table.h"

namespace boxcar {
namespace {

constexpr std::size_t kNamed = 20;  // of cached, and of skipped steps
constexpr std::size_t kBufferLimit = 64 << 10;

class Notes : public Observer {
 public:
  explicit Notes(int fd) : fd_(fd) {}
  void note(const std::string& text) override { (void)write_all(fd_, visible(text) + "\n"); }

 private:
  int fd_;
};

}  // namespace

void PlainLines::run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string& run) {
  plan_ = &plan;
  const std::size_t steps = plan.count(wanted);
  fmt::format_to(std::back_inserter(buffer_), "run {}: {}{}{} step{}\n", run, visible(plan.name),
                 plan.name.empty() ? "" : ", ", steps, steps == 1 ? "" : "s");
  flush();
}

void PlainLines::note(const std::string& text) {
  buffer_ += visible(text);
  buffer_ += '\n';
  flush();
}

void PlainLines::step_changed(StepIndex step, const StepState& state) {
  switch (state.status) {
    case StepStatus::Waiting:  // before another attempt
      if (!state.message.empty()) say(step, visible(state.message));
      return;
    case StepStatus::Running:
      return say(step, state.attempts > 1 ? fmt::format("started, attempt {}", state.attempts) : "started");
    case StepStatus::Succeeded:
      return say(step, "succeeded in " + human_duration(state.seconds));
    case StepStatus::Cached:
      if (++cached_ <= kNamed) say(step, "cached (" + state.key.short_hex() + ")");
      return;
    case StepStatus::Failed:
      return say(step, "failed: " + visible(state.message));
    case StepStatus::Cancelled:
      return say(step, "cancelled");
    case StepStatus::Skipped:
      if (++skipped_ <= kNamed) say(step, state.message.empty() ? "skipped" : "skipped: " + visible(state.message));
      return;
  }
}

void PlainLines::step_output(StepIndex step, Stream, std::string_view line) {
  fmt::format_to(std::back_inserter(buffer_), "[{}] {}\n", plan_->steps[step].name, visible(line));
  if (buffer_.size() >= kBufferLimit) flush();
}

void PlainLines::run_finished(RunStatus, double) {
  if (cached_ > kNamed) fmt::format_to(std::back_inserter(buffer_), "and {} more steps: cached\n", cached_ - kNamed);
  if (skipped_ > kNamed) fmt::format_to(std::back_inserter(buffer_), "and {} more steps: skipped\n", skipped_ - kNamed);
  flush();
  plan_ = nullptr;
}

void PlainLines::say(StepIndex step, std::string_view what) {
  fmt::format_to(std::back_inserter(buffer_), "step {}: {}\n", plan_->steps[step].name, what);
  if (buffer_.size() >= kBufferLimit) flush();
}

void PlainLines::flush() {
  (void)write_all(fd_, buffer_);
  buffer_.clear();
}

std::unique_ptr<Observer> make_display(const Terminal& terminal, bool steps) {
  if (!steps) return std::make_unique<Notes>(terminal.fd);
  if (terminal.live) return std::make_unique<LiveTable>(terminal);
  return std::make_unique<PlainLines>(terminal.fd);
}

}  // namespace boxcar
