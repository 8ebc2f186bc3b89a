#include "plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/outcome.h"

namespace boxcar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Plan plan_of(std::size_t steps, std::vector<Edge> edges) {
  Plan plan;
  plan.steps.resize(steps);
  for (std::size_t i = 0; i < steps; ++i) plan.steps[i].name = "s" + std::to_string(i);
  plan.connect(std::move(edges));
  return plan;
}

TEST(Plan, ConnectsLinksAndOrderWithoutRepeats) {
  Plan plan;
  plan.steps.resize(4);
  PlannedInput from_zero;
  from_zero.step = 0;
  plan.steps[2].inputs = {from_zero, from_zero, PlannedInput{}};  // twice from 0, once from the host
  plan.connect({{1, 2}, {1, 2}, {0, 2}, {2, 3}});
  EXPECT_THAT(plan.predecessors(2), ElementsAre(0, 1));
  EXPECT_THAT(plan.successors(0), ElementsAre(2));
  EXPECT_THAT(plan.successors(1), ElementsAre(2));
  EXPECT_THAT(plan.successors(2), ElementsAre(3));
  EXPECT_THAT(plan.predecessors(0), IsEmpty());
  EXPECT_THAT(plan.successors(3), IsEmpty());
  EXPECT_THAT(plan.cycles(), IsEmpty());
}

TEST(Plan, ConnectsNothing) {
  const auto plan = plan_of(0, {});
  EXPECT_THAT(plan.cycles(), IsEmpty());
  EXPECT_THAT(plan.needed_for({}), IsEmpty());
}

TEST(Plan, NamesEachCycleInOrderFromItsFirstStep) {
  EXPECT_THAT(plan_of(3, {{2, 1}, {1, 0}, {0, 2}}).cycles(), ElementsAre(ElementsAre(0, 2, 1)));
  EXPECT_THAT(plan_of(2, {{1, 1}}).cycles(), ElementsAre(ElementsAre(1)));
  EXPECT_THAT(plan_of(5, {{0, 1}, {1, 2}, {2, 1}, {3, 4}, {4, 3}}).cycles(),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
  EXPECT_THAT(plan_of(4, {{0, 1}, {1, 2}, {2, 1}, {0, 3}, {3, 0}}).cycles(),
              ElementsAre(ElementsAre(0, 3), ElementsAre(1, 2)));
  EXPECT_THAT(plan_of(3, {{0, 1}, {1, 0}, {0, 2}, {2, 0}}).cycles(), ElementsAre(ElementsAre(0, 1), ElementsAre(0, 2)));
  EXPECT_THAT(plan_of(4, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}).cycles(), IsEmpty());
}

TEST(Plan, NamesEveryStepThatWaitsForItself) {
  EXPECT_THAT(plan_of(4, {{0, 1}, {1, 2}, {2, 0}, {0, 3}, {3, 1}}).cycles(),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(0, 3, 1, 2)));
  // What lies between two cycles, before or behind them is in none.
  EXPECT_THAT(plan_of(7, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {3, 4}, {4, 5}, {5, 4}, {5, 6}}).cycles(),
              ElementsAre(ElementsAre(1, 2), ElementsAre(4, 5)));
}

TEST(Plan, NamesTheFirstTwentyCycles) {
  std::vector<Edge> edges;
  for (StepIndex i = 1; i <= 30; ++i) {
    edges.emplace_back(0, i);
    edges.emplace_back(i, 0);
  }
  const auto cycles = plan_of(31, edges).cycles();
  ASSERT_EQ(cycles.size(), 20U);
  for (StepIndex i = 0; i < 20; ++i) EXPECT_THAT(cycles[i], ElementsAre(0, i + 1));
}

TEST(Plan, WalksDeepGraphsWithoutRecursion) {
  constexpr StepIndex depth = 100'000;
  std::vector<Edge> edges;
  for (StepIndex i = 0; i + 1 < depth; ++i) edges.emplace_back(i, i + 1);
  const auto chain = plan_of(depth, edges);
  EXPECT_THAT(chain.cycles(), IsEmpty());
  const auto needed = chain.needed_for({depth - 1});
  EXPECT_EQ(std::count(needed.begin(), needed.end(), true), depth);
  edges.emplace_back(depth - 1, 0);
  const auto ring = plan_of(depth, edges).cycles();
  ASSERT_EQ(ring.size(), 1U);
  EXPECT_EQ(ring.front().size(), depth);
}

TEST(Plan, KnowsWhatTargetsNeed) {
  const auto plan = plan_of(5, {{0, 2}, {1, 2}, {2, 3}, {1, 4}});
  EXPECT_THAT(plan.needed_for({2}), ElementsAre(true, true, true, false, false));
  EXPECT_THAT(plan.needed_for({0, 4}), ElementsAre(true, true, false, false, true));
}

TEST(Plan, FindsStepsByName) {
  const auto plan = plan_of(3, {});
  EXPECT_EQ(plan.find("s2"), 2U);
  EXPECT_EQ(plan.find("s3"), std::nullopt);
}

TEST(Outcome, NamesAreThoseOfTheSummary) {
  EXPECT_EQ(name_of(StepStatus::Waiting), "waiting");
  EXPECT_EQ(name_of(StepStatus::Running), "running");
  EXPECT_EQ(name_of(StepStatus::Succeeded), "succeeded");
  EXPECT_EQ(name_of(StepStatus::Cached), "cached");
  EXPECT_EQ(name_of(StepStatus::Failed), "failed");
  EXPECT_EQ(name_of(StepStatus::Cancelled), "cancelled");
  EXPECT_EQ(name_of(StepStatus::Skipped), "skipped");
  EXPECT_EQ(name_of(RunStatus::Running), "running");
  EXPECT_EQ(name_of(RunStatus::Succeeded), "succeeded");
  EXPECT_EQ(name_of(RunStatus::Failed), "failed");
  EXPECT_EQ(name_of(RunStatus::Cancelled), "cancelled");
}

}  // namespace
}  // namespace boxcar
