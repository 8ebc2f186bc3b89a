// Values: workflow inputs, --set, ${inputs.x}, files.
#include "plan/planner.h"
#include "plan/test_support.h"

namespace boxcar {
namespace {

using test::Builder;
using test::parameter;
using test::World;
using testing::ElementsAre;
using testing::IsEmpty;

const Type kStr{Scalar::Str};
const Type kFile{Scalar::File};

World world() {
  World out;
  auto choice = parameter("mode", {Scalar::Choice});
  choice.choices = {{Value("fast"), ""}, {Value("slow"), ""}};
  out.tools["tool"] =
      test::split_tool({parameter("text", kStr), parameter("number", {Scalar::Int}, Value(1)), parameter("sky", kFile),
                        parameter("reads", {Scalar::File, true}), std::move(choice)});
  out.tools["defaults"] = test::split_tool({parameter("sky", kFile, Value("a.txt"), true)});
  for (const auto* file : {"/flow/a.txt", "/flow/b.txt", "/caller/c.txt", "/home/me/sky"}) {
    out.files[file] = {PortKind::File};
  }
  for (const auto* directory : {"/flow/data", "/caller/data"}) out.files[directory] = {PortKind::Directory};
  return out;
}

std::vector<std::string> paths(const PlannedStep& step) {
  std::vector<std::string> out;
  for (const auto& input : step.inputs) out.push_back(input.path);
  return out;
}

TEST(Values, AWholeReferenceKeepsItsTypeAndOthersBecomeText) {
  auto on = world();
  Builder builder;
  builder.input(parameter("n", {Scalar::Int}, Value(7)));
  builder.step("a", "tool").param("number", Value("${inputs.n}")).param("text", Value("$$${inputs.n} of $x"));
  const auto plan = on.good_plan(builder);
  EXPECT_THAT(plan.steps[0].values, ElementsAre(std::pair(0U, Value("$7 of $x")), std::pair(1U, Value(7))));
}

TEST(Values, AreCheckedAfterTheyAreExpanded) {
  auto on = world();
  Builder builder;
  builder.input(parameter("name", kStr, Value("x")));
  builder.step("a", "tool")
      .param("number", Value("${inputs.name}"))
      .param("mode", Value("fsat"))
      .param("text", Value(1));
  builder.step("b", "tool").param("number", Value("10")).param("sky", Value(""));
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:3:1: step 'a': parameter 'number': expected an int, found the string \"x\"",
                  "flow.yml:4:1: step 'a': parameter 'mode': expected one of \"fast\", \"slow\", found the string "
                  "\"fsat\" (did you mean 'fast'?)",
                  "flow.yml:5:1: step 'a': parameter 'text': expected a string, found the int 1",
                  "flow.yml:7:1: step 'b': parameter 'number': expected an int, found the string \"10\"",
                  "flow.yml:8:1: step 'b': parameter 'sky': expected the path of a file, found an empty string"));
}

TEST(Values, UnknownReferences) {
  auto on = world();
  Builder builder;
  builder.input(parameter("telescope", kStr, Value("x")));
  builder.step("a", "tool").param("text", Value("${inputs.telscope}-${inputs.other}")).feed("input", "${inputs.dir}");
  builder.step("b", "tool").param("text", Value("${params.x}")).param("mode", Value("${oops"));
  builder.output("o", {"a", "output", ""}, "./${inputs.to}");
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:3:1: step 'a': there is no workflow input 'telscope' (did you mean 'telescope'?)",
                  "flow.yml:3:1: step 'a': there is no workflow input 'other' (there is: telescope)",
                  "flow.yml:4:1: step 'a': there is no workflow input 'dir' (there is: telescope)",
                  "flow.yml:6:1: step 'b': expected ${inputs.NAME}, found '${params.x}' (write $${ for the text ${)",
                  "flow.yml:7:1: step 'b': \"${oops\" has no closing brace (write $${ for the text ${)",
                  "flow.yml:8:1: there is no workflow input 'to' (there is: telescope)"));
}

TEST(Values, WorkflowInputsThatAreNotGivenOrWrong) {
  auto on = world();
  on.settings = {{"n", "many"}, {"telscope", "x"}, {"file", "missing"}, {"c", "blue"}};
  Builder builder;
  auto choice = parameter("c", {Scalar::Choice});
  choice.choices = {{Value("red"), ""}};
  builder.input(parameter("telescope", kStr, {}, true)).input(parameter("sky", kFile, {}, true));
  builder.input(parameter("dir", kFile, {}, true), true).input(parameter("n", {Scalar::Int}, {}, true));
  builder.input(parameter("d", {Scalar::Int}, Value("x"))).input(parameter("file", kFile)).input(std::move(choice));
  // What is wrong with an input is not said again where it is used.
  builder.step("a", "tool").param("text", Value("${inputs.telescope}")).param("number", Value("${inputs.n}"));
  builder.feed("sky", "${inputs.sky}").feed("input", "${inputs.dir}");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("--set telscope: there is no workflow input 'telscope' (did you mean 'telescope'?)",
                          "--set n: expected an int, found \"many\"",
                          "--set file: workflow input 'file' takes a file, but there is no '/caller/missing'",
                          "--set c: expected one of \"red\", found the string \"blue\"",
                          "flow.yml:1:1: workflow input 'telescope' needs a value: --set telescope=VALUE",
                          "flow.yml:2:1: workflow input 'sky' needs a value: --set sky=FILE",
                          "flow.yml:3:1: workflow input 'dir' needs a value: --set dir=DIRECTORY",
                          "flow.yml:5:1: the default of workflow input 'd': expected an int, found the string \"x\""));
}

TEST(Values, InputsWithoutAValueAreAsIfNothingStoodThere) {
  auto on = world();
  Builder builder;
  builder.input(parameter("n", {Scalar::Int})).input(parameter("sky", kFile)).input(parameter("dir", kFile), true);
  builder.step("a", "tool").param("number", Value("${inputs.n}")).param("text", Value("<${inputs.n}>"));
  builder.feed("sky", "${inputs.sky}").feed("input", "${inputs.dir}");
  const auto plan = on.good_plan(builder);
  EXPECT_THAT(plan.steps[0].values, ElementsAre(std::pair(0U, Value("<>"))));
  EXPECT_THAT(plan.steps[0].inputs, IsEmpty());
}

TEST(Values, SettingsGiveInputsAndOverrideParameters) {
  auto on = world();
  on.settings = {{"n", "1"},           {"n", "2"},          {"a.text", "${literal}"},
                 {"a.sky", "c.txt"},   {"b.x.number", "5"}, {"a.reads", "c.txt"},
                 {"a.reads", "~/sky"}, {"dir", "data"},     {"sky", "c.txt"}};
  Builder builder;
  builder.input(parameter("n", {Scalar::Int})).input(parameter("dir", kFile), true).input(parameter("sky", kFile));
  builder.step("a", "tool")
      .param("text", Value("mine"))
      .param("number", Value("${inputs.n}"))
      .feed("sky", "b.x/output/s");
  builder.feed("reads", "b.x/output/r");
  builder.step("b.x", "tool").feed("input", "${inputs.dir}").feed("sky", "${inputs.sky}");
  const auto plan = on.good_plan(builder);
  EXPECT_THAT(plan.steps[0].values, ElementsAre(std::pair(0U, Value("${literal}")), std::pair(1U, Value(2))));
  EXPECT_THAT(paths(plan.steps[0]), ElementsAre("/caller/c.txt", "/caller/c.txt", "/home/me/sky"));
  EXPECT_THAT(plan.steps[1].values, ElementsAre(std::pair(1U, Value(5))));
  EXPECT_THAT(paths(plan.steps[1]), ElementsAre("/caller/data", "/caller/c.txt"));
  EXPECT_THAT(plan.predecessors(0), IsEmpty());
}

// The same as in the workflow itself; --set wins over the configuration, and is not added to its list.
TEST(Values, ListsOfAConfiguration) {
  auto on = world();
  using Texts = std::vector<std::string>;
  on.settings = {{"a.number", "", "c.yml", {1, 2}, Texts{"1", "2"}},
                 {"b.number", "", "c.yml", {2, 2}, Texts{"1"}},
                 {"c.number", "", "c.yml", {3, 2}, Texts{}}};
  Builder wrong;
  for (const auto* step : {"a", "b", "c"}) wrong.step(step, "tool").feed("input", "./data").feed("sky", "./a.txt");
  EXPECT_THAT(on.findings_of(wrong), ElementsAre("c.yml:1:2: a.number: expected an int, found a list",
                                                 "c.yml:2:2: b.number: expected an int, found a list",
                                                 "c.yml:3:2: c.number: expected an int, found a list"));
  on = world();
  on.settings = {{"a.reads", "", "c.yml", {1, 2}, Texts{"c.txt", "/flow/a.txt"}},
                 {"b.reads", "", "c.yml", {2, 2}, Texts{"c.txt", "c.txt"}},
                 {"b.reads", "~/sky"}};
  Builder right;
  for (const auto* step : {"a", "b"}) right.step(step, "tool").feed("input", "./data").feed("sky", "./a.txt");
  const auto plan = on.good_plan(right);
  EXPECT_THAT(paths(plan.steps[0]), testing::IsSupersetOf({"/caller/c.txt", "/flow/a.txt"}));
  EXPECT_THAT(paths(plan.steps[1]),
              testing::AllOf(testing::Contains("/home/me/sky"), testing::Not(testing::Contains("/caller/c.txt"))));
}

TEST(Values, SettingsThatNameNothing) {
  auto on = world();
  on.settings = {
      {"frist.text", "x"}, {"first.txet", "x"}, {"first.number", "x"}, {"first.input", "x"}, {"first.sky", "gone"}};
  Builder builder;
  builder.step("first", "tool");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("--set frist.text: there is no step 'frist' (did you mean 'first'?)",
                          "--set first.txet: there is no parameter 'txet' (did you mean 'text'?)",
                          "--set first.number: expected an int, found \"x\"",
                          "--set first.input: 'input' is no parameter but an input port: it is fed under inputs",
                          "--set first.sky: parameter 'sky' takes a file, but there is no '/caller/gone'"));
}

TEST(Values, FilesComeFromTheHostFromLinksAndFromInputs) {
  auto on = world();
  Builder builder;
  builder.input(parameter("which", kStr, Value("b"))).input(parameter("sky", kFile, Value("~/sky")));
  builder.input(parameter("all", {Scalar::File, true}, Value(List{Value("a.txt"), Value("./b.txt")})));
  builder.step("a", "tool").param("sky", Value("./${inputs.which}.txt")).param("reads", Value("${inputs.all}"));
  builder.step("b", "tool").param("sky", Value("${inputs.sky}"));
  builder.step("c", "tool").feed("sky", "${inputs.sky}").feed("reads", "a/output/2").feed("reads", "/flow/a.txt");
  builder.step("d", "defaults").step("e", "tool").feed("input", "./${inputs.which}/../data");
  builder.step("f", "tool").param("reads", Value(List{}));
  const auto plan = on.good_plan(builder);
  EXPECT_THAT(paths(plan.steps[0]), ElementsAre("/flow/b.txt", "/flow/a.txt", "/flow/b.txt"));
  EXPECT_THAT(paths(plan.steps[1]), ElementsAre("/home/me/sky"));
  EXPECT_THAT(paths(plan.steps[2]), ElementsAre("/home/me/sky", "2", "/flow/a.txt"));
  EXPECT_EQ(plan.steps[2].inputs[1].item, 0U);
  EXPECT_EQ(plan.steps[2].inputs[2].item, 1U);
  EXPECT_THAT(paths(plan.steps[3]), ElementsAre("/flow/a.txt"));
  EXPECT_THAT(paths(plan.steps[4]), ElementsAre("/flow/data"));
  EXPECT_THAT(plan.steps[5].values, ElementsAre(std::pair(3U, Value(List{}))));
}

TEST(Values, HostPathsMeanNothingOutsideOfFiles) {
  auto on = world();
  Builder builder;
  builder.input(parameter("sky", kFile, Value("a.txt"))).input(parameter("dir", kFile, Value("data")), true);
  builder.input(parameter("name", kStr, Value("x")));
  builder.step("a", "tool").param("text", Value("${inputs.sky}")).param("mode", Value("in ${inputs.dir}"));
  builder.step("b", "tool").feed("input", "${inputs.sky}").feed("sky", "${inputs.dir}");
  builder.step("c", "tool").feed("input", "${inputs.name}");
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre(
          "flow.yml:5:1: step 'a': workflow input 'sky' is a file of the host: it can only feed an input port or a "
          "parameter of type file",
          "flow.yml:6:1: step 'a': workflow input 'dir' is a directory of the host: it can only feed an input port "
          "or a parameter of type file",
          "flow.yml:8:1: step 'b': port 'input' takes a directory, but workflow input 'sky' is a file",
          "flow.yml:9:1: step 'b': parameter 'sky' takes a file, but workflow input 'dir' is a directory",
          "flow.yml:11:1: step 'c': port 'input' takes a directory, but workflow input 'name' is a str"));
}

TEST(Values, AFilesDefaultMustBeThere) {
  auto on = world();
  on.files.clear();
  Builder builder;
  builder.step("a", "defaults");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:1:1: step 'a': parameter 'sky' takes a file, but there is no '/flow/a.txt'"));
}

}  // namespace
}  // namespace boxcar
