// Random workflows: whatever their shape, the plan's order is one in which they can run, and broken ones only have
// findings.
#include <random>

#include "plan/test_support.h"

namespace boxcar {
namespace {

using test::Builder;
using test::parameter;
using test::port;
using test::World;

Tool joining_tool(int inputs) {
  auto tool = test::split_tool({parameter("number", {Scalar::Int}, Value(0)), parameter("file", {Scalar::File})});
  for (int i = 0; i < inputs; ++i) {
    tool.inputs.push_back(port("in" + std::to_string(i), PortKind::Directory, "/in" + std::to_string(i), true));
  }
  return tool;
}

std::string step_name(std::size_t i) {
  return "step" + std::to_string(i);
}

class Random : public testing::TestWithParam<unsigned> {
 protected:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  // Links lead from steps of lower rank to steps of higher rank; `order` gives rank to the step's place in the
  // document.
  Builder graph(const std::vector<std::size_t>& order) {
    Builder builder;
    std::vector<std::size_t> rank(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    for (std::size_t i = 0; i < order.size(); ++i) {
      builder.step(step_name(i), "tool");
      if (rank[i] == 0) continue;
      const auto earlier = [&] { return step_name(order[below(rank[i])]); };
      for (std::size_t input = 0; input < below(5); ++input) {
        builder.feed("in" + std::to_string(input), Link{earlier(), "output", below(2) ? "some/where" : ""});
      }
      if (below(4) == 0) builder.feed("file", Link{earlier(), "output", "file"});
      while (below(3) == 0) builder.after(earlier());
    }
    return builder;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(Random, GraphsCanRunInTheOrderOfTheirEdges) {
  World world;
  world.tools["tool"] = joining_tool(4);
  std::vector<std::size_t> order(1 + below(200));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random_);
  auto builder = graph(order);
  std::size_t links = 0;
  for (const auto& step : builder.workflow.steps) links += step.inputs.size();
  const auto plan = world.good_plan(builder);
  ASSERT_EQ(plan.steps.size(), order.size());

  std::vector<std::size_t> waiting(order.size());
  std::vector<StepIndex> ready;
  for (StepIndex i = 0; i < order.size(); ++i) {
    waiting[i] = plan.predecessors(i).size();
    if (waiting[i] == 0) ready.push_back(i);
    links -= plan.steps[i].inputs.size();
    for (const auto& input : plan.steps[i].inputs) {
      EXPECT_TRUE(std::ranges::binary_search(plan.predecessors(i), input.step));
      EXPECT_TRUE(std::ranges::binary_search(plan.successors(input.step), i));
    }
  }
  EXPECT_EQ(links, 0U);
  std::size_t done = 0;
  for (; !ready.empty(); ++done) {
    const auto step = ready.back();
    ready.pop_back();
    for (const auto next : plan.successors(step)) {
      if (--waiting[next] == 0) ready.push_back(next);
    }
  }
  EXPECT_EQ(done, order.size());
}

// Anything at all may be wrong: planning ends, with a plan or with findings.
TEST_P(Random, NonsenseHasFindings) {
  World world;
  world.tools["tool"] = joining_tool(2);
  world.files = {{"/flow/x", {PortKind::File}}, {"/flow/d", {PortKind::Directory}}};
  const std::vector<std::string> words = {
      "step0", "step1", "step2", "in0", "in1", "file",        "output", "number", "",  "x", "d",
      "tool",  "none",  "a/b",   "..",  "/",   "${inputs.i}", "${",     "$$",     "~", "i", "${inputs.file}"};
  const auto word = [&] { return words[below(words.size())]; };
  const auto source = [&]() -> Source {
    if (below(3) == 0) return HostPath{word()};
    if (below(3) == 0) return InputReference{word()};
    return Link{word(), below(2) ? "output" : word(), below(2) ? "" : word()};
  };
  for (int round = 0; round < 50; ++round) {
    Builder builder;
    for (std::size_t i = below(4); i > 0; --i) {
      const bool some = below(2);
      builder.input(parameter(word(), {below(2) ? Scalar::File : Scalar::Int, below(3) == 0},
                              some ? std::optional(below(2) ? Value(word()) : Value(1)) : std::nullopt, below(2)),
                    below(2));
    }
    for (std::size_t i = below(6); i > 0; --i) {
      builder.step(word(), below(3) ? "tool" : word());
      for (std::size_t j = below(3); j > 0; --j) builder.param(word(), below(2) ? Value(word()) : Value());
      for (std::size_t j = below(3); j > 0; --j) builder.feed(word(), source());
      if (below(2)) builder.after(word());
      if (below(3) == 0) builder.options().env.push_back({word(), word(), {}});
      if (below(4) == 0) builder.options().tool = joining_tool(1);
    }
    for (std::size_t i = below(3); i > 0; --i) builder.output(word(), Link{word(), word(), word()}, word());
    for (std::size_t i = below(3); i > 0; --i)
      world.settings.push_back({below(2) ? word() : word() + "." + word(), word()});
    world.findings = {};
    const auto plan = world.plan(builder);
    EXPECT_EQ(plan.has_value(), world.findings.ok());
    EXPECT_FALSE(world.fatal);
    world.settings.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, testing::Range(0U, 40U));

}  // namespace
}  // namespace boxcar
