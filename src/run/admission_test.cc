#include "run/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "run/machine.h"
#include "run/scaling.h"

namespace boxcar {
namespace {

constexpr std::uint64_t kGi = std::uint64_t{1} << 30;
const Resources kMachine{4.0, 8 * kGi, 1};

Needs requesting(std::optional<double> cpu, std::optional<std::uint64_t> memory, std::optional<int> gpus = {}) {
  return {{cpu, memory, gpus}, {}};
}
Demand memory(std::uint64_t bytes) {
  return Demand::of(requesting({}, bytes), kMachine);
}
std::vector<StepIndex> all_that_fit(Admission& admission) {
  std::vector<StepIndex> steps;
  while (const auto next = admission.next()) steps.push_back(next->step);
  return steps;
}

// Something small runs, so that what waits first, step 1, has to wait for it; it needs the whole machine. The 98 small
// ones behind it fit.
Admission with_a_large_one_before_small_ones() {
  Admission admission(kMachine);
  admission.add(0, memory(kGi));
  EXPECT_TRUE(admission.next());
  admission.add(1, memory(8 * kGi));
  for (StepIndex step = 2; step < 100; ++step) admission.add(step, memory(kGi));
  return admission;
}

TEST(Admission, StartsWhatFits) {
  Admission admission(kMachine);
  for (StepIndex step = 0; step < 3; ++step) admission.add(step, memory(3 * kGi));
  EXPECT_THAT(all_that_fit(admission), testing::ElementsAre(0, 1));
  EXPECT_FALSE(admission.empty());
  admission.release(memory(3 * kGi));
  EXPECT_THAT(all_that_fit(admission), testing::ElementsAre(2));
}

TEST(Admission, CountsCoresMemoryAndGpus) {
  for (const auto& needs : {requesting(2.5, {}), requesting({}, 5 * kGi), requesting({}, {}, 1)}) {
    Admission admission(kMachine);
    for (StepIndex step = 0; step < 2; ++step) admission.add(step, Demand::of(needs, kMachine));
    EXPECT_THAT(all_that_fit(admission), testing::ElementsAre(0));
  }
  Admission exact(kMachine);
  for (StepIndex step = 0; step < 41; ++step) exact.add(step, Demand::of(requesting(0.1, {}), kMachine));
  EXPECT_EQ(all_that_fit(exact).size(), 40U);
}

TEST(Admission, NoLargeStepWaitsForEverBehindSmallOnes) {
  Admission admission = with_a_large_one_before_small_ones();
  int passed = 0;
  while (const auto next = admission.next()) {  // each small one ends at once
    ASSERT_NE(next->step, 1U);
    if (next->step % 2 == 0) {  // or is computed elsewhere already
      admission.release(next->demand);
      continue;
    }
    admission.started();
    admission.release(next->demand);
    ++passed;
  }
  EXPECT_EQ(passed, Admission::kMostPasses);
  admission.release(memory(kGi));
  EXPECT_EQ(admission.next()->step, 1U);
  EXPECT_FALSE(admission.next()) << "no room beside it";
}

TEST(Admission, ATryAgainTakesNobodysTurn) {
  Admission admission = with_a_large_one_before_small_ones();
  int passed = 0;
  while (const auto next = admission.next()) {
    ASSERT_NE(next->step, 1U);
    admission.started();
    admission.release(next->demand);
    if (++passed % 5 != 0) continue;
    admission.add_first(0, memory(8 * kGi));  // it waits before all others, and fits as little
    admission.add_first(0, memory(kGi));
    ASSERT_EQ(admission.next()->step, 0U);
    admission.started();
    admission.release(memory(kGi));
  }
  EXPECT_EQ(passed, Admission::kMostPasses);
}

TEST(Admission, LooksAtABoundedNumberOfSteps) {
  Admission admission(kMachine);
  admission.add(0, memory(kGi));
  ASSERT_TRUE(admission.next());
  for (StepIndex step = 0; step < 100'000; ++step) admission.add(step, memory(8 * kGi));
  admission.add(100'000, memory(kGi));
  EXPECT_FALSE(admission.next());
}

TEST(Admission, ALimitAloneCountsButAsNoMoreThanThereIs) {
  Needs needs;
  needs.limits = {64.0, 100 * kGi, {}};
  const Demand demand = Demand::of(needs, kMachine);
  EXPECT_EQ(demand.millicores, 4000);
  EXPECT_EQ(demand.memory, 8 * kGi);
  EXPECT_FALSE(too_much(needs, kMachine));
  needs.requests.memory = kGi;
  EXPECT_EQ(Demand::of(needs, kMachine).memory, kGi);
}

TEST(Admission, WhatIsMoreThanThereIsIsSaid) {
  using testing::Eq;
  using testing::Optional;
  EXPECT_THAT(too_much(requesting(4.5, {}), kMachine),
              Optional(Eq("requests 4.5 cores, more than the 4 that there are here (--cores)")));
  EXPECT_THAT(too_much(requesting({}, 30 * kGi), kMachine),
              Optional(Eq("requests 30 GiB of memory, more than the 8.0 GiB that there are here (--memory)")));
  EXPECT_THAT(too_much(requesting({}, {}, 2), kMachine),
              Optional(Eq("requests 2 GPUs, and there is one here (--gpus)")));
  EXPECT_THAT(
      too_much(requesting(8, 30 * kGi, 2), kMachine),
      Optional(Eq("requests 8 cores, more than the 4 that there are here (--cores); 30 GiB of memory, more than "
                  "the 8.0 GiB that there are here (--memory); 2 GPUs, and there is one here (--gpus)")));
  Needs needs;
  needs.limits.gpus = 1;
  EXPECT_THAT(too_much(needs, {4.0, kGi, 0}), Optional(Eq("requests 1 GPU, and there is none here (--gpus)")));
  EXPECT_FALSE(too_much(needs, Resources())) << "what is not known has no end";
  EXPECT_FALSE(too_much(requesting(4.0, 8 * kGi, 1), kMachine));
}

TEST(Machine, IsWhatThisProcessMayUse) {
  const Resources machine = this_machine();
  ASSERT_TRUE(machine.cpu && machine.memory && machine.gpus);
  EXPECT_GT(*machine.cpu, 0);
  EXPECT_LE(*machine.cpu, ::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_GT(*machine.memory, std::uint64_t{64} << 20);
  cpu_set_t all;
  cpu_set_t one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof all, &all), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_LE(this_machine().cpu, 1.0);
  ::sched_setaffinity(0, sizeof all, &all);
}

TEST(Scaling, MoreMemoryAfterARunOutOfIt) {
  StepOptions options;
  Needs needs;
  needs.limits.memory = kGi;
  EXPECT_FALSE(with_more_memory(needs, options, kMachine)) << "nobody said so";
  options.retry_memory = 2;
  EXPECT_EQ(with_more_memory(needs, options, kMachine)->limits.memory, 2 * kGi);
  EXPECT_EQ(with_more_memory(needs, options, kMachine)->requests.memory, std::nullopt);
  needs.requests.memory = kGi;
  EXPECT_EQ(with_more_memory(needs, options, kMachine)->requests.memory, 2 * kGi);
  options.retry_memory = 100;
  EXPECT_EQ(with_more_memory(needs, options, kMachine)->limits.memory, 8 * kGi) << "no more than there is";
  options.max_memory = 3 * kGi;
  EXPECT_EQ(with_more_memory(needs, options, kMachine)->limits.memory, 3 * kGi);
  needs.limits.memory = 3 * kGi;
  EXPECT_FALSE(with_more_memory(needs, options, kMachine));
  EXPECT_FALSE(with_more_memory(Needs(), options, kMachine)) << "there is no limit";
}

TEST(Scaling, HugeProductsEndSomewhere) {
  RuleOfPort rule{"a", {}, Measured{~std::uint64_t{0} / 2, 1}};
  rule.rule.factor = 1'000'000'000;
  EXPECT_EQ(rule.gives(), (std::uint64_t{1} << 63) - 1);
}

}  // namespace
}  // namespace boxcar
