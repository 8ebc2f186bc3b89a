// Figures for 100,000 steps. Processor time, so that a busy machine changes little; the bounds are four times what
// docs/architecture.md promises, as other machines are slower.
#include <malloc.h>

#include "fakes/stopwatch.h"
#include "plan/test_support.h"

namespace boxcar {
namespace {

using test::Builder;
using test::World;

constexpr StepIndex kSteps = 100'000;

double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

World machine() {
  World world;
  world.tools["kliko/simms"] = test::split_tool({test::parameter("telescope", {Scalar::Str}, Value("meerkat")),
                                                 test::parameter("number", {Scalar::Int}),
                                                 test::parameter("weight", {Scalar::Float}, Value(0.5))});
  return world;
}

// Every step reads the one before.
Builder chain() {
  Builder builder;
  const auto of_image = std::make_shared<const std::string>("kliko/simms");
  for (StepIndex i = 0; i < kSteps; ++i) {
    builder.step("step-" + std::to_string(i), "").param("number", Value(std::int64_t{i}));
    builder.workflow.steps.back().image = of_image;
    if (i != 0) builder.feed("input", Link{"step-" + std::to_string(i - 1), "output", ""});
  }
  return builder;
}

// One source, many readers, and one step that reads them all.
Builder fan() {
  Builder builder;
  builder.step("source", "kliko/simms");
  const auto of_image = builder.workflow.steps.back().image;
  for (StepIndex i = 0; i < kSteps - 2; ++i) {
    builder.step("reader-" + std::to_string(i), "").param("number", Value(std::int64_t{i}));
    builder.workflow.steps.back().image = of_image;
    builder.feed("input", Link{"source", "output", ""});
  }
  builder.step("collector", "debian:12");
  Tool collect;
  collect.command = {"cat"};
  for (StepIndex i = 0; i < kSteps - 2; ++i) {
    const auto name = "in" + std::to_string(i);
    collect.inputs.push_back(test::port(name, PortKind::Directory, "/in/" + name));
    collect.command.push_back("${inputs." + name + "}");
    builder.feed(name, Link{"reader-" + std::to_string(i), "output", ""});
  }
  builder.options().tool = std::move(collect);
  return builder;
}

struct Measured {
  Plan plan;
  double seconds;
  double bytes_per_step;
};

// The heap with only the plan, against the heap without any.
Measured measure(const std::function<Builder()>& make) {
  auto world = machine();
  const double empty = heap_bytes();
  std::optional<Plan> plan;
  double seconds = 0;
  {
    auto builder = make();
    const test::Stopwatch watch;
    plan = world.plan(builder);
    seconds = watch.seconds();
  }
  EXPECT_TRUE(plan);
  return {std::move(*plan), seconds, (heap_bytes() - empty) / kSteps};
}

Result<Content> content_of(const PlannedInput& input) {
  return Content{sha256(std::to_string(input.step)), PortKind::Directory, "/store/0123456789ab/0123456789ab/output"};
}

void check(const char* shape, const Measured& measured) {
  const test::Stopwatch watch;
  std::uint8_t all = 0;
  std::vector<Action> actions;
  actions.reserve(1000);
  double keys = 0;
  for (StepIndex i = 0; i < kSteps; i += 1000) {
    actions.clear();
    for (StepIndex j = i; j < i + 1000; ++j) actions.push_back(*make_action(measured.plan.steps[j], content_of));
    const test::Stopwatch hashing;
    for (const auto& action : actions) all ^= action_key(action).bytes[0];
    keys += hashing.seconds();
  }
  const double seconds = watch.seconds();
  std::printf("%s of %u: planned in %.3f s, %.0f bytes a step; actions %.3f s, keys %.3f s (%d)\n", shape, kSteps,
              measured.seconds, measured.bytes_per_step, seconds - keys, keys, all);
  EXPECT_LE(measured.seconds, 1.0 * test::kSlowdown);
  EXPECT_LE(measured.bytes_per_step, 600);
  EXPECT_LE(seconds, 1.6 * test::kSlowdown);
}

TEST(Speed, Chain) {
  check("chain", measure(chain));
}

TEST(Speed, Fan) {
  check("fan", measure(fan));
}

// However much is wrong, it is said in time.
TEST(Speed, EverythingMisspelled) {
  auto world = machine();
  Builder builder;
  for (StepIndex i = 0; i < 20'000; ++i) {
    builder.step("step-" + std::to_string(i), "kliko/simms").param("numbr", Value(1));
    builder.feed("input", Link{"stp-" + std::to_string(i), "output", ""});
  }
  const test::Stopwatch watch;
  EXPECT_EQ(world.findings_of(builder).size(), 40'000U);
  EXPECT_LE(watch.seconds(), 4.0 * test::kSlowdown);
}

}  // namespace
}  // namespace boxcar
