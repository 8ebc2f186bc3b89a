#include "cli/memory_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/graph.h"

namespace boxcar {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMi = 1 << 20;

// Of one step with a rule of 2 x 10 MiB, and a limit that its document says.
RunReport report_of(std::uint64_t peak, std::optional<std::uint64_t> limit = {}, Failure failure = Failure::None) {
  RunReport report;
  report.engine = "embedded (crun 1.8.1)";
  StepOptions options;
  options.needs.limits.memory = limit;
  ScaleRule rule;
  rule.factor = 2;
  options.scale.emplace_back("input", rule);
  fakes::GraphMaker graph;
  graph.step("eat", {}, std::move(options));
  report.plan = graph.make();
  StepState state;
  state.status = failure == Failure::None ? StepStatus::Succeeded : StepStatus::Failed;
  state.failure = failure;
  state.peak_memory = peak;
  report.steps = {state};
  ScaledNeeds scaled = unmeasured(report.plan.steps[0]);
  scaled.rules[0].measured = Measured{10 * kMi, 3};
  report.scaled.emplace(0, std::move(scaled));
  return report;
}

TEST(MemoryReport, SaysWhatWouldCoverThePeak) {
  EXPECT_THAT(
      memory_report(report_of(15 * kMi)),
      testing::StrEq("memory:\n  eat: peak 15 MiB\n    limit 2 x input (sum): 10 MiB in 3 files give 20 MiB\n"));
  const RunReport report = report_of(45 * kMi);
  EXPECT_THAT(memory_report(report), HasSubstr("warning: that is less than the peak; a scale_factor of 5 would cover"));
}

TEST(MemoryReport, SaysWhatARuleMeasured) {
  RunReport report = report_of(15 * kMi);
  RuleOfPort& rule = report.scaled.at(0).rules[0];
  rule.rule.mode = ScaleRule::Mode::LargestFile;
  EXPECT_THAT(memory_report(report),
              HasSubstr("2 x input (max_file_size): the largest of 3 files, with 10 MiB, gives 20 MiB\n"));
  rule.measured->files = 1;
  EXPECT_THAT(memory_report(report), HasSubstr(": the only file, with 10 MiB, gives 20 MiB\n"));
  rule.rule.mode = ScaleRule::Mode::LargestItem;
  EXPECT_THAT(memory_report(report),
              HasSubstr("2 x input (max_item_sum): the largest item, with 10 MiB, gives 20 MiB\n"));
  rule.measured = Measured{};
  EXPECT_THAT(memory_report(report), HasSubstr(": no file counts\n"));
}

// What was seen of a container that may have taken more; and nothing tells what engine made a result that was there.
TEST(MemoryReport, APeakThatMayBeHigherSaysSo) {
  RunReport report = report_of(45 * kMi);
  report.engine = "docker 24.0.7";
  EXPECT_THAT(memory_report(report), HasSubstr("eat: peak at least 45 MiB\n"));
  EXPECT_THAT(memory_report(report), HasSubstr("a scale_factor of at least 5 would cover"));
  report = report_of(45 * kMi);
  report.steps[0].status = StepStatus::Cached;
  EXPECT_THAT(memory_report(report), HasSubstr("eat: peak at least 45 MiB when its result was made\n"));
}

TEST(MemoryReport, AFixedLimitOrAnotherRuleMayCoverIt) {
  EXPECT_THAT(memory_report(report_of(45 * kMi, 64 * kMi)), Not(HasSubstr("warning")));
  EXPECT_THAT(memory_report(report_of(45 * kMi, 30 * kMi)), HasSubstr("warning"));
  RunReport report = report_of(45 * kMi);
  auto& rules = report.scaled.at(0).rules;
  rules.push_back(rules[0]);
  rules[1].rule.factor = 5;
  EXPECT_THAT(memory_report(report), Not(HasSubstr("warning")));
  rules[1].rule.limit = false;  // it says nothing of the limit
  EXPECT_THAT(memory_report(report), HasSubstr("a scale_factor of 5 would cover it"));
}

// That limit is what came of a retry, not what the rules gave.
TEST(MemoryReport, ALimitThatGrewCoversNothing) {
  RunReport report = report_of(45 * kMi);
  report.scaled.at(0).needs.limits.memory = 64 * kMi;
  EXPECT_THAT(memory_report(report), HasSubstr("a scale_factor of 5 would cover it"));
}

TEST(MemoryReport, WhatAStepThatRanOutOfItWouldTakeIsNotKnown) {
  const std::string text = memory_report(report_of(20 * kMi, {}, Failure::Memory));
  EXPECT_THAT(text, HasSubstr("warning: the step ran out of memory, so how much it takes is not known\n"));
  EXPECT_THAT(text, Not(HasSubstr("would cover it")));
}

}  // namespace
}  // namespace boxcar
