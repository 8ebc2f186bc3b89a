#include "cli/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace boxcar {
namespace {

constexpr auto kFrameTime = std::chrono::milliseconds(90);
constexpr std::size_t kWidestName = 32;
constexpr std::size_t kLongestKeptLine = 4096;

struct Look {
  const char* symbol;
  const char* ascii;
  Style style;
};

Look look_of(StepStatus status) {
  switch (status) {
    case StepStatus::Waiting:
      return {"·", ".", Style::Dim};
    case StepStatus::Running:
      return {"●", "*", Style::Cyan};
    case StepStatus::Succeeded:
      return {"✓", "+", Style::Green};
    case StepStatus::Cached:
      return {"≡", "=", Style::Green};
    case StepStatus::Failed:
      return {"✗", "x", Style::Red};
    case StepStatus::Cancelled:
      return {"■", "!", Style::Yellow};
    case StepStatus::Skipped:
      return {"–", "-", Style::Dim};
  }
  return {"?", "?", Style::Plain};
}

// Turns once a second.
const char* spinner(bool unicode, LiveTable::Clock::duration running) {
  constexpr const char* dots[] = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr const char* ascii[] = {"|", "/", "-", "\\"};
  const auto tenths = static_cast<std::size_t>(running / std::chrono::milliseconds(100));
  return unicode ? dots[tenths % 10] : ascii[tenths % 4];
}

double seconds_between(LiveTable::Clock::time_point from, LiveTable::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void LiveTable::run_started(const Plan& plan, const std::vector<bool>& wanted, const std::string&) {
  plan_ = &plan;
  rows_.assign(plan.steps.size(), Row{});
  shown_.clear();
  std::fill(std::begin(counts_), std::end(counts_), 0);
  for (StepIndex step = 0; step < rows_.size(); ++step) {
    if (!wanted.empty() && !wanted[step]) continue;
    shown_.push_back(step);
    name_width_ = std::max(name_width_, width_of(plan.steps[step].name));
  }
  counts_[static_cast<std::size_t>(StepStatus::Waiting)] = shown_.size();
  name_width_ = std::min(name_width_, kWidestName);
  started_ = Clock::now();
}

void LiveTable::note(const std::string& text) {
  constexpr std::size_t uncut = 4096;  // it is never drawn anew: the terminal may break it
  notes_.push_back(Line(terminal_, uncut).add(visible(text, uncut), Style::Dim));
  if (plan_ != nullptr) return;
  screen_.print(notes_);
  notes_.clear();
}

void LiveTable::step_changed(StepIndex step, const StepState& state) {
  Row& row = rows_[step];
  --counts_[static_cast<std::size_t>(row.status)];
  ++counts_[static_cast<std::size_t>(state.status)];
  if (row.status == StepStatus::Running && state.status != StepStatus::Running) running_.erase(step);
  row.status = state.status;
  row.seconds = static_cast<float>(state.seconds);
  if (state.status == StepStatus::Running) {
    Running& running = running_[step];
    if (running.line.empty() || running.attempt != state.attempts) running = {Clock::now(), state.attempts, {}};
  } else if (state.status == StepStatus::Failed) {
    failed_[step] = state.message;
  }
}

void LiveTable::step_output(StepIndex step, Stream, std::string_view line) {
  if (const auto running = running_.find(step); running != running_.end()) {
    running->second.line = line.substr(0, kLongestKeptLine);
  }
}

void LiveTable::tick() {
  const auto now = Clock::now();
  if (plan_ == nullptr || now - drawn_ < kFrameTime) return;
  drawn_ = now;
  if (!notes_.empty()) screen_.print(std::exchange(notes_, {}));
  screen_.draw(frame(terminal_.size(), now));
}

void LiveTable::run_finished(RunStatus, double) {
  if (!notes_.empty()) screen_.print(std::exchange(notes_, {}));
  if (plan_ != nullptr) screen_.print(last_frame(terminal_.size()));
  screen_.end();
  plan_ = nullptr;
}

std::size_t LiveTable::done() const {
  return shown_.size() - count(StepStatus::Waiting) - count(StepStatus::Running);
}

Line LiveTable::row(StepIndex step, Terminal::Size size, Clock::time_point now) const {
  const Row& row = rows_[step];
  const Look look = look_of(row.status);
  const auto running = running_.find(step);
  const bool runs = running != running_.end();
  const char* symbol = runs                ? spinner(terminal_.unicode, now - running->second.since)
                       : terminal_.unicode ? look.symbol
                                           : look.ascii;
  const bool faint = row.status == StepStatus::Waiting || row.status == StepStatus::Skipped;
  Line line(terminal_, size.columns - 1);
  line.column(symbol, 1, look.style).add(" ");
  line.column(plan_->steps[step].name, name_width_, faint ? Style::Dim : Style::Plain).add("  ");
  line.column(name_of(row.status), 9, look.style).add(" ");
  const double seconds = runs ? seconds_between(running->second.since, now) : row.seconds;
  const std::string time = faint || (seconds == 0 && !runs) ? "" : human_duration(seconds);
  line.column(time, 6, row.status == StepStatus::Cached ? Style::Dim : Style::Plain, true);
  if (runs) {
    line.add("  ");
    if (running->second.attempt > 1) line.add(fmt::format("attempt {}  ", running->second.attempt), Style::Yellow);
    line.add(visible(running->second.line), Style::Dim);
  } else if (row.status == StepStatus::Failed) {
    line.add("  ").add(visible(failed_.at(step)), Style::Red);
  }
  return line;
}

Line LiveTable::footer(Terminal::Size size, Clock::time_point now) const {
  Line line(terminal_, size.columns - 1);
  if (shown_.empty()) return line;
  if (size.columns >= 72) {
    constexpr std::size_t bar = 20;
    const std::size_t full = done() * bar / shown_.size();
    std::string text;
    for (std::size_t i = 0; i < full; ++i) text += terminal_.unicode ? "━" : "#";
    line.add(text, count(StepStatus::Failed) == 0 ? Style::Green : Style::Red);
    text.clear();
    for (std::size_t i = full; i < bar; ++i) text += terminal_.unicode ? "─" : ".";
    line.add(text, Style::Dim).add("  ");
  }
  line.add(fmt::format("{} of {} steps", done(), shown_.size()), Style::Bold);
  for (const StepStatus status : {StepStatus::Running, StepStatus::Cached, StepStatus::Failed, StepStatus::Skipped}) {
    if (count(status) == 0) continue;
    line.add(", ").add(fmt::format("{} {}", count(status), name_of(status)), look_of(status).style);
  }
  return line.add(fmt::format(", {}", human_duration(seconds_between(started_, now))));
}

std::vector<Line> LiveTable::frame(Terminal::Size size, Clock::time_point now) const {
  std::vector<Line> lines;
  const std::size_t room = size.rows > 2 ? size.rows - 2 : 1;  // for the footer, and a line of air
  if (shown_.size() <= room) {
    for (const StepIndex step : shown_) lines.push_back(row(step, size, now));
  } else {
    // What failed first has at most a third of the room, unless the rest is not needed for what runs.
    const std::size_t running = std::min(running_.size(), room);
    const std::size_t failed = std::min(failed_.size(), std::max(room / 3, room - running));
    auto at = failed_.begin();
    for (std::size_t i = 0; i < failed; ++i) lines.push_back(row((at++)->first, size, now));
    for (auto run = running_.begin(); run != running_.end() && lines.size() < room; ++run) {
      lines.push_back(row(run->first, size, now));
    }
  }
  lines.push_back(footer(size, now));
  return lines;
}

std::vector<Line> LiveTable::last_frame(Terminal::Size size) const {
  constexpr std::size_t most_steps = 60;
  constexpr std::size_t most_failed = 20;
  std::vector<Line> lines;
  const auto now = Clock::now();
  if (shown_.size() <= std::max(size.rows, most_steps)) {
    for (const StepIndex step : shown_) {
      if (rows_[step].status != StepStatus::Waiting) lines.push_back(row(step, size, now));
    }
    return lines;
  }
  std::size_t failed = 0;
  for (auto at = failed_.begin(); at != failed_.end() && failed < most_failed; ++at, ++failed) {
    lines.push_back(row(at->first, size, now));
  }
  return lines;
}

}  // namespace boxcar
