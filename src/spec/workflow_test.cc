#include <gtest/gtest.h>
#include <malloc.h>

#include "fakes/stopwatch.h"
#include "spec/reader.h"

namespace boxcar {
namespace {

std::string many_steps(int count) {
  std::string text = "workflow: large\nsteps:\n";
  for (int i = 0; i < count; ++i) {
    const auto name = [](int n) { return "s" + std::to_string(1'000'000 + n); };
    text += "  " + name(i) + ":\n    image: skylab/noop\n    params:\n      n: " + std::to_string(i) + "\n";
    if (i > 0) text += "    inputs:\n      input: " + name(i - 1) + "/output\n";
  }
  return text;
}

// Steps are read one at a time: what stands in memory is the workflow alone. The whole run may take 1.5 KB a step.
TEST(Workflow, HundredThousandStepsStaySmall) {
  const Document document{"large.yml", many_steps(100'000)};
  const auto before = mallinfo2();
  const test::Stopwatch watch;
  Findings findings;
  const auto workflow = read_workflow(document, "/x", findings);
  const double seconds = watch.seconds();
  const auto after = mallinfo2();
  ASSERT_TRUE(workflow && findings.all().empty());
  ASSERT_EQ(workflow->steps.size(), 100'000u);
  const auto bytes = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
  RecordProperty("seconds", std::to_string(seconds));
  RecordProperty("bytes_a_step", std::to_string(bytes / 100'000));
  EXPECT_LT(bytes / 100'000, 600u);
  EXPECT_LT(seconds, 5 * test::kSlowdown) << "0.25 s on a machine with nothing else to do";
}

TEST(Workflow, StepsOfOneImageShareItsName) {
  Findings findings;
  const auto workflow =
      read_workflow({"x", "steps:\n  a: {image: x}\n  b: {image: y}\n  c: {image: x}\n"}, "/", findings);
  ASSERT_TRUE(workflow);
  EXPECT_EQ(workflow->steps[0].image, workflow->steps[2].image);
  EXPECT_NE(workflow->steps[0].image, workflow->steps[1].image);
  EXPECT_EQ(workflow->steps[0].options, nullptr) << "a plain step has no options";
}

TEST(Workflow, IsNamedAfterItsFileWhenNothingElse) {
  Findings findings;
  EXPECT_EQ(read_workflow({"/data/imaging.yml", "steps:\n  a: {image: x}\n"}, "/data", findings)->name, "imaging");
  EXPECT_EQ(read_workflow({"/data/x.yml", "workflow: w\nsteps:\n  a: {image: x}\n"}, "/data", findings)->directory,
            "/data");
}

}  // namespace
}  // namespace boxcar
