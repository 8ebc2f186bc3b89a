// What people see of a run: the live table on a virtual screen, plain lines, and the summary.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "base/fd.h"
#include "cli/lines.h"
#include "cli/report.h"
#include "cli/table.h"
#include "fakes/stopwatch.h"
#include "fakes/temporary_directory.h"
#include "run/log_writer.h"

namespace boxcar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A terminal that knows what Screen sends. Every character is one column, except the wide ones below.
class VirtualScreen {
 public:
  VirtualScreen(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows), lines_(1) {}

  void feed(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c == '\x1b') {
        ASSERT_EQ(text[at + 1], '[');
        std::size_t end = at + 2;
        while (text[end] < 0x40) ++end;
        control(text.substr(at + 2, end - at - 2), text[end]);
        at = end + 1;
      } else if (c == '\r') {
        column_ = 0;
        ++at;
      } else if (c == '\n') {
        ++row_;
        if (row_ == lines_.size()) lines_.emplace_back();
        ++at;
      } else {
        std::size_t end = at + 1;
        while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
        put(text.substr(at, end - at));
        at = end;
      }
    }
  }

  std::vector<std::string> text() const {
    std::vector<std::string> all;
    for (const auto& line : lines_) {
      std::string joined;
      for (const auto& cell : line) joined += cell;
      all.push_back(joined.substr(0, joined.find_last_not_of(' ') + 1));
    }
    while (!all.empty() && all.back().empty()) all.pop_back();
    return all;
  }

  bool cursor = true;
  std::size_t row() const { return row_; }

 private:
  void put(const std::string& character) {
    ASSERT_LT(column_, columns_) << "a line is too long";
    auto& line = lines_[row_];
    while (line.size() <= column_) line.push_back(" ");
    line[column_++] = character;
    if (character == "漢") {
      if (line.size() <= column_) line.push_back("");
      line[column_++] = "";
    }
  }

  void control(const std::string& arguments, char kind) {
    if (kind == 'A') {
      const std::size_t up = std::stoul(arguments);
      ASSERT_LT(up, rows_) << "above the top of the screen";
      ASSERT_LE(up, row_);
      row_ -= up;
    } else if (kind == 'K') {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
    } else if (kind == 'J') {
      lines_[row_].resize(std::min(lines_[row_].size(), column_));
      lines_.resize(row_ + 1);
    } else if (kind == 'h' || kind == 'l') {
      if (arguments == "?25") cursor = kind == 'h';
    } else {
      ASSERT_EQ(kind, 'm') << arguments;
    }
  }

  const std::size_t columns_;
  const std::size_t rows_;
  std::vector<std::vector<std::string>> lines_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

Plan plan_of(std::size_t steps) {
  auto image = std::make_shared<Image>();
  image->reference = "docker.io/kliko/simms:latest";
  image->identity = sha256("image");
  auto tool = std::make_shared<ResolvedTool>();
  tool->image = image;
  tool->tool = std::make_shared<Tool>();
  Plan plan;
  plan.name = "imaging";
  for (std::size_t i = 0; i < steps; ++i) {
    PlannedStep step;
    step.name = fmt::format("step-{}", i);
    step.tool = tool;
    plan.steps.push_back(std::move(step));
  }
  plan.connect({});
  return plan;
}

StepState state(StepStatus status, double seconds = 0, std::string message = {}) {
  StepState state;
  state.status = status;
  state.seconds = seconds;
  state.message = std::move(message);
  state.attempts = status == StepStatus::Waiting ? 0 : 1;
  if (status == StepStatus::Cached || status == StepStatus::Succeeded) state.key = sha256("key");
  return state;
}

Terminal plain_terminal() {
  Terminal terminal;
  terminal.fd = -1;
  terminal.live = true;
  terminal.unicode = true;
  return terminal;
}

std::vector<std::string> texts(const std::vector<Line>& lines) {
  std::vector<std::string> found;
  for (const Line& line : lines) found.push_back(line.text());
  return found;
}

TEST(WidthTest, CountsColumns) {
  EXPECT_EQ(width_of("abc"), 3u);
  EXPECT_EQ(width_of("é漢字"), 5u);
  EXPECT_EQ(width_of("e\u0301"), 1u) << "a combining accent";
  EXPECT_EQ(width_of("\U0001F600"), 2u);
  EXPECT_EQ(width_of("\xff"), 1u);
}

TEST(WidthTest, LinesAreCutByColumns) {
  const Terminal terminal = plain_terminal();
  EXPECT_EQ(Line(terminal, 5).add("12345").text(), "12345");
  EXPECT_EQ(Line(terminal, 5).add("123456").text(), "1234…");
  Line wide(terminal, 5);
  wide.add("漢漢漢");
  EXPECT_EQ(wide.text(), "漢漢…");
  EXPECT_EQ(wide.width(), 5u);
  Line odd(terminal, 4);
  odd.add("漢漢漢");
  EXPECT_EQ(odd.text(), "漢…") << "half a character can't be shown";
  EXPECT_EQ(Line(terminal, 20).column("漢", 4).add("|").text(), "漢  |");
  EXPECT_EQ(Line(terminal, 20).column("12", 4, Style::Plain, true).add("|").text(), "  12|");
  EXPECT_EQ(Line(terminal, 3).add("123").add("more").text(), "123");
}

TEST(VisibleTest, AContainerCannotControlTheTerminal) {
  EXPECT_EQ(visible("10%\r50%\r100%\r"), "100%");
  EXPECT_EQ(visible("\x1b[31mred\x1b[0m \x1b]0;title\aand\x1b]8;;x\x1b\\ more"), "red and more");
  EXPECT_EQ(visible("\x1b[2J\x1b[H\x1b(Btext"), "text");
  EXPECT_EQ(visible("bell \a nul " + std::string(1, '\0') +
                    " csi \xc2\x9b"
                    "2J"),
            "bell \\x07 nul \\x00 csi \\xc2\\x9b2J");
  EXPECT_EQ(visible("broken \xff end \x1b"), "broken \\xff end ");
  EXPECT_EQ(visible("a\tb"), "a    b");
  EXPECT_LT(visible(std::string(100'000, 'x')).size(), 5000u);
}

TEST(TerminalTest, ColoursAndDrawingAreForTerminalsThatWantThem) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(Terminal::of(ends[1]).live);
  close(ends[0]);
  close(ends[1]);
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_TRUE(Terminal::of(terminal).live);
  EXPECT_TRUE(Terminal::of(terminal).colours);
  setenv("NO_COLOR", "1", 1);
  EXPECT_TRUE(Terminal::of(terminal).live);
  EXPECT_FALSE(Terminal::of(terminal).colours);
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(Terminal::of(terminal).live);
  unsetenv("NO_COLOR");
  EXPECT_FALSE(Terminal::of(terminal).colours);
  setenv("LC_ALL", "C", 1);
  EXPECT_FALSE(Terminal::of(terminal).unicode);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  EXPECT_TRUE(Terminal::of(terminal).unicode);
  unsetenv("LC_ALL");
  close(terminal);
}

TEST(TableTest, ASmallWorkflowIsShownWhole) {
  const Plan plan = plan_of(5);
  LiveTable table(plain_terminal());
  table.run_started(plan, {}, "r");
  table.step_changed(0, state(StepStatus::Cached, 12));
  table.step_changed(1, state(StepStatus::Succeeded, 1.25));
  table.step_changed(2, state(StepStatus::Failed, 2, "exit code 3"));
  table.step_changed(3, state(StepStatus::Running));
  table.step_output(3, Stream::Out, "10%\r20% of it\x1b[31m done");
  const auto lines = texts(table.frame({60, 24}, LiveTable::Clock::now() + std::chrono::seconds(3)));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[0], "≡ step-0  cached       12s");
  EXPECT_THAT(lines[1], StartsWith("✓ step-1  succeeded"));
  EXPECT_THAT(lines[2], StartsWith("✗ step-2  failed"));
  EXPECT_THAT(lines[2], HasSubstr("exit code 3"));
  EXPECT_THAT(lines[3], HasSubstr("running"));
  EXPECT_THAT(lines[3], HasSubstr("20% of it done"));
  EXPECT_THAT(lines[4], StartsWith("· step-4  waiting"));
  EXPECT_THAT(lines[5], HasSubstr("3 of 5 steps, 1 running, 1 cached, 1 failed"));
}

TEST(TableTest, WhatIsNotWantedIsNotThere) {
  const Plan plan = plan_of(3);
  LiveTable table(plain_terminal());
  table.run_started(plan, {true, false, true}, "r");
  table.step_changed(2, state(StepStatus::Running));
  const auto lines = texts(table.frame({60, 24}, LiveTable::Clock::now()));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[1], HasSubstr("step-2"));
  EXPECT_THAT(lines[2], HasSubstr("0 of 2 steps, 1 running"));
}

TEST(TableTest, ABigWorkflowIsShownByWhatMatters) {
  const Plan plan = plan_of(1000);
  LiveTable table(plain_terminal());
  table.run_started(plan, {}, "r");
  for (StepIndex i = 0; i < 500; ++i) table.step_changed(i, state(StepStatus::Cached));
  for (StepIndex i = 500; i < 550; ++i) table.step_changed(i, state(StepStatus::Failed, 1, "why"));
  for (StepIndex i = 600; i < 604; ++i) table.step_changed(i, state(StepStatus::Running));
  const Terminal::Size size{80, 15};
  auto lines = texts(table.frame(size, LiveTable::Clock::now()));
  ASSERT_LE(lines.size(), size.rows - 1);
  int running = 0;
  int failed = 0;
  for (const auto& line : lines) {
    running += line.find("step-60") != std::string::npos;
    failed += line.find("step-5") != std::string::npos;
  }
  EXPECT_EQ(running, 4) << "all that run";
  EXPECT_EQ(failed, 9);
  EXPECT_THAT(lines.back(), HasSubstr("550 of 1000 steps, 4 running, 500 cached, 50 failed"));
  for (StepIndex i = 604; i < 650; ++i) table.step_changed(i, state(StepStatus::Running));
  EXPECT_LE(table.frame(size, LiveTable::Clock::now()).size(), size.rows - 1);
  EXPECT_LE(table.frame({10, 2}, LiveTable::Clock::now()).size(), 2u) << "a terminal of nearly no size";
  EXPECT_EQ(table.last_frame(size).size(), 20u) << "what stays is bounded";
}

TEST(TableTest, AHundredThousandChangesCostNextToNothing) {
  const Plan plan = plan_of(100'000);
  LiveTable table(plain_terminal());
  table.run_started(plan, {}, "r");
  const StepState cached = state(StepStatus::Cached, 3);
  const test::Stopwatch watch;
  for (StepIndex i = 0; i < 100'000; ++i) table.step_changed(i, cached);
  EXPECT_LT(watch.seconds(), 0.1 * test::kSlowdown);
  EXPECT_THAT(table.frame({80, 24}, LiveTable::Clock::now()).back().text(), HasSubstr("100000 of 100000"));
}

TEST(ScreenTest, DrawsInPlaceAndLeavesTheLastFrame) {
  const Terminal terminal = plain_terminal();
  const Terminal::Size size{20, 10};
  const auto lines = [&](std::initializer_list<const char*> text) {
    std::vector<Line> all;
    for (const char* line : text) all.push_back(Line(terminal, size.columns - 1).add(line));
    return all;
  };
  Screen screen(terminal);
  VirtualScreen shown(size.columns, size.rows);
  shown.feed("before\r\n");
  shown.feed(screen.sequence(lines({"one", "two 漢字", "three"}), false, size));
  EXPECT_THAT(shown.text(), ElementsAre("before", "one", "two 漢字", "three"));
  EXPECT_FALSE(shown.cursor);
  shown.feed(screen.sequence(lines({"1", "a much longer line than fits"}), false, size));
  EXPECT_THAT(shown.text(), ElementsAre("before", "1", "a much longer line…")) << "shorter: the rest is gone";
  shown.feed(screen.sequence(lines({"a note"}), true, size));
  shown.feed(screen.sequence(lines({"x", "y"}), false, size));
  EXPECT_THAT(shown.text(), ElementsAre("before", "a note", "x", "y"));
  shown.feed(screen.sequence(lines({"the end"}), true, size));
  EXPECT_THAT(shown.text(), ElementsAre("before", "a note", "the end"));
  EXPECT_EQ(shown.row(), 3u) << "what comes next begins a line of its own";
  // Nothing to stay: everything drawn is gone.
  shown.feed(screen.sequence(lines({"x", "y"}), false, size));
  shown.feed(screen.sequence({}, true, size));
  EXPECT_THAT(shown.text(), ElementsAre("before", "a note", "the end"));
}

TEST(ScreenTest, ANarrowerTerminalHasBrokenTheLines) {
  const Terminal terminal = plain_terminal();
  Screen screen(terminal);
  const std::vector<Line> lines{Line(terminal, 79).add(std::string(70, 'x')), Line(terminal, 79).add("y")};
  screen.sequence(lines, false, {80, 24});
  EXPECT_THAT(screen.sequence(lines, false, {30, 24}), HasSubstr("\x1b[3A")) << "three rows and one, from the last";
}

class OutputTest : public testing::Test {
 protected:
  std::string output() { return *read_file(directory_ + "/out"); }

  const TemporaryDirectory temporary_;
  const std::string directory_ = temporary_.path();
  const UniqueFd file_ = *open_file(directory_ + "/out", O_RDWR | O_CREAT);
};

TEST_F(OutputTest, TheTableWritesAndGivesTheCursorBack) {
  const Plan plan = plan_of(2);
  Terminal terminal = plain_terminal();
  terminal.fd = file_.get();
  {
    LiveTable table(terminal);
    table.note("pulling kliko/simms");
    EXPECT_THAT(output(), HasSubstr("pulling kliko/simms\r\n")) << "at once, before the run";
    table.run_started(plan, {}, "r");
    table.step_changed(0, state(StepStatus::Running));
    table.tick();
    table.note("waiting for another boxcar");
    EXPECT_THAT(output(), HasSubstr("\x1b[?25l"));
    // Destroyed in the midst of the run, as by an error.
  }
  EXPECT_THAT(output(), HasSubstr("\x1b[?25h"));

  LiveTable table(terminal);
  table.run_started(plan, {}, "r");
  for (int i = 0; i < 1000; ++i) table.tick();
  table.note("waiting for another boxcar");
  table.step_changed(0, state(StepStatus::Succeeded, 1));
  table.step_changed(1, state(StepStatus::Cached, 1));
  table.run_finished(RunStatus::Succeeded, 1);
  EXPECT_LT(output().size(), 4000u) << "a thousand ticks draw once";
  VirtualScreen shown(80, 24);
  shown.feed(output());
  const auto text = shown.text();
  ASSERT_GE(text.size(), 3u);
  EXPECT_EQ(text[text.size() - 3], "waiting for another boxcar");
  EXPECT_THAT(text[text.size() - 2], StartsWith("✓ step-0"));
  EXPECT_THAT(text[text.size() - 1], StartsWith("≡ step-1"));
  EXPECT_TRUE(shown.cursor);
}

TEST_F(OutputTest, PlainLinesSayWhatHappens) {
  const Plan plan = plan_of(4);
  PlainLines lines(file_.get());
  lines.note("pulling kliko/simms");
  lines.run_started(plan, {}, "r1");
  lines.step_changed(0, state(StepStatus::Cached));
  lines.step_changed(1, state(StepStatus::Running));
  lines.step_output(1, Stream::Err, "hello \x1b[2J\a");
  StepState again = state(StepStatus::Waiting, 0, "trying again");
  again.attempts = 1;
  lines.step_changed(1, again);
  again = state(StepStatus::Running);
  again.attempts = 2;
  lines.step_changed(1, again);
  lines.step_changed(1, state(StepStatus::Failed, 1, "exit code 1"));
  lines.step_changed(2, state(StepStatus::Skipped));
  lines.step_changed(3, state(StepStatus::Succeeded, 90));
  lines.tick();
  const std::string key = sha256("key").short_hex();
  EXPECT_EQ(output(),
            "pulling kliko/simms\n"
            "run r1: imaging, 4 steps\n"
            "step step-0: cached (" +
                key +
                ")\n"
                "step step-1: started\n"
                "[step-1] hello \\x07\n"
                "step step-1: trying again\n"
                "step step-1: started, attempt 2\n"
                "step step-1: failed: exit code 1\n"
                "step step-2: skipped\n"
                "step step-3: succeeded in 1m30s\n");
}

TEST_F(OutputTest, PlainLinesNameOnlyTheFirstOfManyCachedSteps) {
  const Plan plan = plan_of(100'000);
  PlainLines lines(file_.get());
  lines.run_started(plan, {}, "r1");
  const StepState cached = state(StepStatus::Cached);
  const test::Stopwatch watch;
  for (StepIndex i = 0; i < 100'000; ++i) lines.step_changed(i, cached);
  lines.run_finished(RunStatus::Succeeded, 1);
  EXPECT_LT(watch.seconds(), 0.1 * test::kSlowdown);
  const std::string text = output();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 22);
  EXPECT_THAT(text, HasSubstr("and 99980 more steps: cached\n"));
}

TEST_F(OutputTest, ADryRunShowsNotesAlone) {
  Terminal terminal = plain_terminal();
  terminal.fd = file_.get();
  const auto display = make_display(terminal, false);
  const Plan plan = plan_of(1);
  display->run_started(plan, {}, "r");
  display->note("pulling");
  display->step_changed(0, state(StepStatus::Cached));
  display->tick();
  display->run_finished(RunStatus::Succeeded, 1);
  EXPECT_EQ(output(), "pulling\n");
}

TEST_F(OutputTest, TheSummaryTellsWhatFailedAndWhereResultsAre) {
  RunReport report;
  report.run = "20261122-141930-abcd";
  report.status = RunStatus::Failed;
  report.seconds = 75;
  report.plan = plan_of(4);
  report.store = directory_ + "/.boxcar";
  report.steps = {state(StepStatus::Succeeded), state(StepStatus::Cached), state(StepStatus::Failed, 1, "exit code 3"),
                  state(StepStatus::Skipped)};
  auto log = LogWriter::open(report.store + "/runs/" + report.run + "/step-2.1");
  ASSERT_TRUE(log);
  for (int i = 0; i < 30; ++i) log->write(Stream::Err, fmt::format("line {}\n", i));
  ASSERT_TRUE(log->close());
  std::string text = text_report(report, plain_terminal(), directory_);
  EXPECT_THAT(text, HasSubstr("step step-2 failed: exit code 3\n"));
  EXPECT_THAT(text, HasSubstr("│ line 20\n"));
  EXPECT_THAT(text, Not(HasSubstr("line 19\n")));
  EXPECT_THAT(text, HasSubstr("│ line 29\n"));
  EXPECT_THAT(text, HasSubstr("boxcar logs 20261122-141930-abcd/step-2\n"));
  EXPECT_THAT(text, HasSubstr("failed: 1 succeeded, 1 cached, 1 failed, 1 skipped in 1m15s"));
  EXPECT_THAT(text, HasSubstr("  step-0  .boxcar/" + sha256("image").short_hex() + "/" + sha256("key").short_hex()));
  EXPECT_THAT(text, Not(HasSubstr(directory_))) << "relative to the current directory";
  EXPECT_THAT(text_report(report, plain_terminal(), "/elsewhere"), HasSubstr(directory_));

  report.plan.outputs.push_back({"images", 0, 0, "", directory_ + "/images", {}});
  report.outputs.push_back({"images", directory_ + "/images"});
  text = text_report(report, plain_terminal(), directory_);
  EXPECT_THAT(text, HasSubstr("  images  images\n"));
  EXPECT_THAT(text, Not(HasSubstr("step-0 ")));

  report.trouble = Error{ErrorKind::Unavailable, "runc is missing", "embedded"};
  EXPECT_THAT(text_report(report, plain_terminal(), directory_), HasSubstr("embedded: runc is missing"));
}

TEST_F(OutputTest, ASummaryOfManyIsShort) {
  RunReport report;
  report.run = "r";
  report.status = RunStatus::Failed;
  report.plan = plan_of(10'000);
  report.steps.assign(10'000, state(StepStatus::Cached));
  for (int i = 0; i < 500; ++i) report.steps[i] = state(StepStatus::Failed, 0, "why");
  const std::string text = text_report(report, plain_terminal(), directory_);
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 50);
  EXPECT_THAT(text, HasSubstr("and 490 more failed: boxcar status r\n"));
  EXPECT_THAT(text, HasSubstr("and 9490 more in"));
}

}  // namespace
}  // namespace boxcar
