// What is found in a graph before anything starts: the text and the place of each finding.
#include "plan/planner.h"

#include "plan/test_support.h"

namespace boxcar {
namespace {

using test::Builder;
using test::parameter;
using test::port;
using test::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;

Tool words_tool() {  // a directory in, a file out
  Tool tool;
  tool.command = {"words", "${inputs.text}", "${outputs.words}"};
  tool.inputs = {port("text", PortKind::File, "/in/")};
  tool.outputs = {port("words", PortKind::File, "/out/words"), port("notes", PortKind::Directory, "/notes", true)};
  return tool;
}

World world() {
  World out;
  out.tools["simms"] = test::split_tool({parameter("telescope", {Scalar::Str}, Value("meerkat"))});
  out.tools["strict"] = test::split_tool({parameter("number", {Scalar::Int}, {}, true)});
  out.tools["strict"].inputs[0].optional = false;
  out.tools["words"] = words_tool();
  out.tools["files"] =
      test::split_tool({parameter("sky", {Scalar::File}, {}, true), parameter("reads", {Scalar::File, true})});
  out.files = {
      {"/flow/data", {PortKind::Directory}}, {"/flow/a.txt", {PortKind::File}}, {"/home/me/sky", {PortKind::File}}};
  return out;
}

TEST(Planner, PlansWhatIsRight) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").param("telescope", Value("kat-7")).feed("input", "./data");
  builder.step("b", "words").feed("text", "a/output/deep/words.txt");
  builder.step("c", "strict").param("number", Value(3)).feed("input", "b/notes").after("a");
  builder.output("words", {"b", "words", ""}, "./out");
  const auto plan = on.good_plan(builder);
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.name, "test");
  EXPECT_EQ(plan.steps[0].name, "a");
  EXPECT_THAT(plan.steps[0].values, ElementsAre(std::pair(0U, Value("kat-7"))));
  ASSERT_EQ(plan.steps[0].inputs.size(), 1U);
  EXPECT_EQ(plan.steps[0].inputs[0].step, PlannedInput::kHost);
  EXPECT_EQ(plan.steps[0].inputs[0].path, "/flow/data");
  EXPECT_EQ(plan.steps[1].inputs[0].step, 0U);
  EXPECT_EQ(plan.steps[1].inputs[0].path, "deep/words.txt");
  EXPECT_EQ(plan.steps[2].inputs[0].output, 1U);
  EXPECT_THAT(plan.predecessors(2), ElementsAre(0, 1));
  ASSERT_EQ(plan.outputs.size(), 1U);
  EXPECT_EQ(plan.outputs[0].step, 1U);
  EXPECT_EQ(plan.outputs[0].to, "/flow/out");
}

TEST(Planner, SaysEverythingAtOnceInTheOrderOfTheDocument) {
  auto on = world();
  Builder builder;
  builder.step("simulate", "simms").param("telscope", Value("x")).feed("inptu", "./data");
  builder.step("predict", "simms").feed("input", "simulat/output").after("nowhere");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:2:1: step 'simulate': there is no parameter 'telscope' (did you mean 'telescope'?)",
                          "flow.yml:3:1: step 'simulate': there is no input port 'inptu' (did you mean 'input'?)",
                          "flow.yml:5:1: step 'predict': there is no step 'simulat' (did you mean 'simulate'?)",
                          "flow.yml:6:1: step 'predict': there is no step 'nowhere' (there is: simulate, predict)"));
}

TEST(Planner, UnknownPortsOfAStep) {
  auto on = world();
  Builder builder;
  builder.step("a", "words").feed("text", "./a.txt");
  builder.step("b", "simms").feed("input", "a/note");
  builder.step("c", "simms").param("input", Value("x")).feed("telescope", "a/notes");
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:4:1: step 'b': step 'a' has no output port 'note' (did you mean 'notes'?)",
                  "flow.yml:6:1: step 'c': 'input' is no parameter but an input port: it is fed under inputs",
                  "flow.yml:7:1: step 'c': 'telescope' is no input port but a parameter (str): its value stands "
                  "under params"));
}

TEST(Planner, PortsOfAnotherKind) {
  auto on = world();
  Builder builder;
  builder.step("a", "words").feed("text", "./a.txt");
  builder.step("b", "simms").feed("input", "a/words");
  builder.step("c", "words").feed("text", "b/output");
  builder.step("d", "words").feed("text", "a/words/line");
  builder.step("e", "simms").feed("input", Link{"b", "output", "x/../../y"});
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre(
          "flow.yml:4:1: step 'b': port 'input' takes a directory, but 'a/words' is a file",
          "flow.yml:6:1: step 'c': port 'text' takes a file, but 'b/output' is a directory (a file within it is "
          "b/output/NAME)",
          "flow.yml:8:1: step 'd': 'a/words' is a file: there is no 'line' within it",
          "flow.yml:10:1: step 'e': the path 'x/../../y' leads out of 'b/output'"));
}

TEST(Planner, APathWithinADirectoryMayFeedEither) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms");
  builder.step("b", "simms").feed("input", "a/output/some");
  builder.step("c", "words").feed("text", "a/output/some");
  on.good_plan(builder);
}

TEST(Planner, CyclesInOrder) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").feed("input", "c/output");
  builder.step("b", "simms").feed("input", "a/output");
  builder.step("c", "simms").after("b");
  builder.step("d", "simms").feed("input", "d/output");
  EXPECT_THAT(on.findings_of(builder), ElementsAre("flow.yml:1:1: these steps wait for each other: a → b → c → a",
                                                   "flow.yml:7:1: these steps wait for each other: d → d"));
}

TEST(Planner, ACycleIsSeenThroughALinkThatIsWrongToo) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").feed("input", "b/outptu");
  builder.step("b", "simms").feed("input", "a/output");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:1:1: these steps wait for each other: a → b → a",
                          "flow.yml:2:1: step 'a': step 'b' has no output port 'outptu' (did you mean 'output'?)"));
}

TEST(Planner, PathsOfTheHost) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").feed("input", "./missing");
  builder.step("b", "simms").feed("input", "./a.txt");
  builder.step("c", "words").feed("text", "../flow/data");
  builder.step("d", "files").param("sky", Value("nowhere.txt"));
  builder.step("e", "files").param("sky", Value("data"));
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:2:1: step 'a': port 'input' takes a directory, but there is no '/flow/missing'",
                          "flow.yml:4:1: step 'b': port 'input' takes a directory, but '/flow/a.txt' is a file",
                          "flow.yml:6:1: step 'c': port 'text' takes a file, but '/flow/data' is a directory",
                          "flow.yml:8:1: step 'd': parameter 'sky' takes a file, but there is no '/flow/nowhere.txt'",
                          "flow.yml:10:1: step 'e': parameter 'sky' takes a file, but '/flow/data' is a directory"));
  EXPECT_EQ(on.looked_at, 4);  // each path once
}

TEST(Planner, AnOutputWrittenAsAFileOfTheHostIsMetWithWhereItBelongs) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms");
  builder.step("b", "files").param("sky", Value("a/output/sky.txt"));
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:3:1: step 'b': parameter 'sky' takes a file, but there is no "
                          "'/flow/a/output/sky.txt' (what step 'a' puts out is fed under inputs: "
                          "{sky: a/output/sky.txt})"));
}

TEST(Planner, OutputsAreNotCopiedOverWhatIsRead) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").feed("input", "./data").step("b", "files").param("sky", Value("a.txt"));
  const Link from{"a", "output", ""};
  builder.output("one", {"a", "output", "x"}, "a.txt").output("two", {"a", "output", "x"}, "flow.yml");
  builder.output("three", from, "data").output("four", from, "data/below");
  EXPECT_THAT(
      on.findings_of(builder),
      IsSupersetOf({HasSubstr("output 'one' is copied to '/flow/a.txt', which is what step 'b' reads"),
                    HasSubstr("output 'two' is copied to '/flow/flow.yml', which is the workflow itself"),
                    HasSubstr("output 'three' is copied to '/flow/data', which is what step 'a' reads"),
                    HasSubstr("output 'four' is copied to '/flow/data/below', which lies within '/flow/data'")}));
}

// All of what a step works on may be filled in place; of a part of it the rest would go.
TEST(Planner, APartIsNotCopiedOverTheWhole) {
  auto on = world();
  on.tools["join"] = on.tools["simms"];
  on.tools["join"].outputs[0].works_on = "input";
  Builder builder;
  builder.step("a", "join").feed("input", "./data").output("part", {"a", "output", "b"}, "data");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre(HasSubstr("output 'part' is copied to '/flow/data', which is what step 'a' reads")));
  on = world();
  on.tools["join"] = on.tools["simms"];
  on.tools["join"].outputs[0].works_on = "input";
  Builder whole;
  whole.step("a", "join").feed("input", "./data").output("whole", {"a", "output", ""}, "data");
  on.good_plan(whole);
}

TEST(Planner, ALimitIsLookedAtAlsoWhereTheImageIsNotHere) {
  auto on = world();
  Builder builder;
  builder.step("a", "absent").options().needs.limits.memory = 1 << 20;
  EXPECT_THAT(on.findings_of(builder), Contains(HasSubstr("a memory limit of 1Mi is too small")));
}

TEST(Planner, OutputsToOnePathOrIntoEachOther) {
  auto on = world();
  Builder builder;
  builder.step("first", "simms");
  const Link from{"first", "output", ""};
  builder.output("one", from, "./x").output("two", from, "x/").output("three", from, "/flow/x/deep/er");
  builder.output("four", from, "/flow").output("five", from, "x-beside").output("six", {"first", "output", ""}, "");
  builder.output("one", {"frist", "output", ""}, "").output("eight", {"first", "outptu", ""}, "");
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:3:1: outputs 'one' and 'two' are both copied to '/flow/x'",
                  "flow.yml:4:1: output 'three' is copied to '/flow/x/deep/er', which lies within '/flow/x' of "
                  "output 'one'",
                  "flow.yml:5:1: output 'four' is copied to '/flow', which lies around '/flow/x' of output 'one'",
                  "flow.yml:6:1: output 'five' is copied to '/flow/x-beside', which lies within '/flow' of "
                  "output 'four'",
                  "flow.yml:8:1: there are two outputs with the name 'one'",
                  "flow.yml:8:1: there is no step 'frist' (did you mean 'first'?)",
                  "flow.yml:9:1: step 'first' has no output port 'outptu' (did you mean 'output'?)"));
}

TEST(Planner, WhatIsMissing) {
  auto on = world();
  Builder builder;
  builder.step("a", "strict");
  builder.step("b", "files");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:1:1: step 'a': parameter 'number' (int) needs a value",
                          "flow.yml:1:1: step 'a': nothing feeds input port 'input', which takes a directory",
                          "flow.yml:2:1: step 'b': parameter 'sky' (file) needs a value"));
}

TEST(Planner, WhatIsFedTwice) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").feed("input", "./data").feed("input", "./data");
  builder.step("b", "files").param("sky", Value("a.txt")).feed("sky", "a/output/sky");
  builder.step("c", "files").feed("sky", "a/output/sky").feed("sky", "a/output/sky");
  builder.step("d", "simms").param("telescope", Value("x")).param("telescope", Value("y"));
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:3:1: step 'a': port 'input' is fed twice",
                          "flow.yml:6:1: step 'b': parameter 'sky' is given under params and fed under inputs",
                          "flow.yml:9:1: step 'c': parameter 'sky' is fed twice",
                          "flow.yml:12:1: step 'd': parameter 'telescope' is given twice"));
}

TEST(Planner, StepsWithoutAProperName) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").step("a", "simms").step("", "simms").step("b/c", "simms").step("d", "");
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:2:1: there are two steps with the name 'a'",
                          "flow.yml:3:1: a step's name is not empty and holds no \"/\", found ''",
                          "flow.yml:4:1: a step's name is not empty and holds no \"/\", found 'b/c'",
                          "flow.yml:5:1: step 'd': there is no image, which every step needs"));
}

TEST(Planner, AWorkflowBuiltInCodeHasNoPlacesButNames) {
  auto on = world();
  Builder builder;
  builder.workflow.file = "";
  builder.step("a", "simms").param("x", Value(1));
  builder.workflow.steps[0].params[0].at = {};
  EXPECT_THAT(on.findings_of(builder), ElementsAre("step 'a': there is no parameter 'x' (there is: telescope)"));
}

TEST(Planner, ImagesAreAskedForOnceAndSayOnceThatTheyAreMissing) {
  auto on = world();
  Builder builder;
  for (int i = 0; i < 5; ++i) builder.step("ok" + std::to_string(i), "simms");
  builder.step("x", "none").feed("input", "y/outptu").feed("any", "nowhere/x").param("p", Value("${inputs.q}"));
  builder.step("y", "none").step("z", "simms").feed("input", "y/anything");
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:6:1: step 'x': no image none",
                  "flow.yml:8:1: step 'x': there is no step 'nowhere' (there is: ok0, ok1, ok2, ok3, ok4, x, y, z)",
                  "flow.yml:9:1: step 'x': there is no workflow input 'q' (there are none)"));
  EXPECT_EQ(on.resolved, 2);
}

TEST(Planner, InlineToolsThatAreAlikeAreOne) {
  auto on = world();
  Builder builder;
  for (int i = 0; i < 4; ++i) {
    builder.step("s" + std::to_string(i), "debian").options().tool = words_tool();
    builder.feed("text", "./a.txt");
    if (i == 3) builder.options().tool->command.emplace_back("-v");
  }
  const auto plan = on.good_plan(builder);
  EXPECT_EQ(on.resolved, 2);
  EXPECT_EQ(plan.steps[0].tool, plan.steps[2].tool);
  EXPECT_NE(plan.steps[0].tool, plan.steps[3].tool);
  EXPECT_EQ(plan.steps[0].options, plan.steps[1].options);
  EXPECT_FALSE(plan.steps[0].options->tool);
}

TEST(Planner, ARegistryThatDoesNotAnswerIsSaidWithAllTheRest) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").param("x", Value(1));
  builder.step("b", "other");
  PlannerContext context;
  context.resolve = [](const auto&, const StepOptions&) -> Result<std::shared_ptr<const ResolvedTool>> {
    return fail(ErrorKind::Unavailable, "the registry does not answer");
  };
  EXPECT_FALSE(make_plan(std::move(builder.workflow), {}, context, on.findings, on.fatal));
  ASSERT_TRUE(on.fatal);
  EXPECT_EQ(on.fatal->kind, ErrorKind::Unavailable);
  EXPECT_EQ(on.findings.errors(), 2U);
}

TEST(Planner, CommandsNameWhatTheToolHas) {
  auto on = world();
  auto tool = words_tool();
  tool.command = {"${inputs.txt}", "${outputs.word}", "${params.x}", "${text}", "$${ok}", "${open"};
  Builder builder;
  builder.step("a", "debian").feed("text", "./a.txt").options().tool = tool;
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre(
          "flow.yml:1:1: step 'a': the command names '${inputs.txt}', but the tool has no input 'txt' (did you "
          "mean 'text'?)",
          "flow.yml:1:1: step 'a': the command names '${outputs.word}', but the tool has no output 'word' (did "
          "you mean 'words'?)",
          "flow.yml:1:1: step 'a': the command names '${params.x}', but the tool has no parameter 'x' (there are "
          "none)",
          "flow.yml:1:1: step 'a': expected ${inputs.PORT}, ${outputs.PORT} or ${params.NAME} in the command, "
          "found '${text}' (write $${ for the text ${)",
          "flow.yml:1:1: step 'a': in the command: \"${open\" has no closing brace (write $${ for the text ${)"));
}

TEST(Planner, WhatThisVersionDoesNotDoIsSaid) {
  auto on = world();
  auto tool = words_tool();
  tool.inputs.push_back(port("live", PortKind::Stream, "/live"));
  Builder builder;
  builder.step("a", "debian").feed("text", "./a.txt").options().tool = tool;
  builder.step("b", "simms").options().cache.direct = true;
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:1:1: step 'a': port 'live' is a stream, which is not supported by this version",
                  "flow.yml:3:1: step 'b': direct: true goes with cache: false only, as what a container writes in "
                  "place can't be kept"));
}

TEST(Planner, VariablesOfAToolThatTakesItsParametersSoAreCheckedAsThese) {
  auto on = world();
  Tool tool = test::split_tool({test::parameter("LEVEL", {Scalar::Choice})});
  tool.environment = true;
  tool.parameters[0].choices = {{Value("1"), ""}, {Value("2"), ""}};
  on.tools["leveled"] = tool;
  Builder good;
  good.step("a", "leveled").options().env = {{"LEVEL", "2", {}}, {"MORE", "x", {}}};
  good.step("b", "leveled").param("LEVEL", Value(1));
  const auto plan = on.good_plan(good);
  EXPECT_EQ(plan.steps[0].values.at(0).second, Value("2"));
  ASSERT_EQ(plan.steps[0].options->env.size(), 1U);
  EXPECT_EQ(plan.steps[0].options->env[0].name, "MORE");
  EXPECT_EQ(plan.steps[1].values.at(0).second, Value("1"));
  Builder bad;
  bad.step("a", "leveled").options().env = {{"LEVEL", "3", {4, 2}}};
  EXPECT_THAT(on.findings_of(bad), ElementsAre("flow.yml:4:2: step 'a': parameter 'LEVEL': expected one of \"1\", "
                                               "\"2\", found the string \"3\" (did you mean '1'?)"));
}

TEST(Planner, ATasksOutputsMustAllGoSomewhere) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms");
  builder.workflow.all_outputs = true;
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:1:1: step 'a': output channel 'output' has no volume to be put in"));
}

TEST(Planner, SecretsAreNoVariablesOfTheStep) {
  auto on = world();
  Builder builder;
  auto& options = builder.step("a", "words").feed("text", "./a.txt").options();
  options.env = {{"TOKEN", "x", {5, 5}}};
  options.secrets = {{"TOKEN", "MY_TOKEN", "", {7, 5}}, {"HOME", "", "~/h", {8, 5}}, {"PATH", "P", "", {9, 5}}};
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:7:5: step 'a': 'TOKEN' is both a secret and a variable under env",
                          "flow.yml:8:5: step 'a': 'HOME' can't be a secret",
                          "flow.yml:9:5: step 'a': 'PATH' can't be a secret"));
}

// Of a tool that takes its parameters by variables.
TEST(Planner, SecretsAreNoParametersThatAreGiven) {
  auto on = world();
  Tool tool = test::split_tool({parameter("A", {Scalar::Str}, Value("a")), parameter("B", {Scalar::Str}, Value("b")),
                                parameter("C", {Scalar::Str}, {}, true)});
  tool.environment = true;
  on.tools["variables"] = tool;
  Builder builder;
  auto& options = builder.step("a", "variables").param("B", Value("x")).options();
  options.env = {{"A", "x", {5, 5}}};
  options.secrets = {{"A", "MY_A", "", {7, 5}}, {"B", "MY_B", "", {8, 5}}, {"C", "MY_C", "", {9, 5}}};
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:7:5: step 'a': 'A' is both a secret and a variable under env",
                          "flow.yml:8:5: step 'a': 'B' is both a secret and a parameter under params"));
  Builder good;
  good.step("a", "variables").options().secrets = {{"A", "MY_A", "", {}}, {"C", "MY_C", "", {}}};
  on.findings = {};
  on.good_plan(good);
}

TEST(Planner, AVariableHoldsNoNulByteAlsoWhereItIsAParameter) {
  auto on = world();
  Tool tool = test::split_tool({parameter("A", {Scalar::Str}, Value("a")), parameter("B", {Scalar::Str}, Value("b"))});
  tool.environment = true;
  on.tools["variables"] = tool;
  Builder builder;
  builder.step("a", "variables").param("B", Value(std::string("b\0", 2)));
  builder.options().env = {{"A", std::string("a\0", 2), {5, 5}}, {"OTHER", std::string("c\0", 2), {6, 5}}};
  EXPECT_THAT(on.findings_of(builder),
              testing::UnorderedElementsAre("flow.yml:5:5: step 'a': environment variable 'A' holds a NUL byte",
                                            "flow.yml:6:5: step 'a': environment variable 'OTHER' holds a NUL byte",
                                            "flow.yml:2:1: step 'a': environment variable 'B' holds a NUL byte"));
}

TEST(Planner, WhatMayBeASecretIsNotQuoted) {
  auto on = world();
  Parameter number = parameter("NUMBER", {Scalar::Str}, Value("1"));
  number.reads_as = Scalar::Int;
  Parameter choice = parameter("CHOICE", {Scalar::Choice}, Value("a"));
  choice.choices = {{Value("a"), ""}, {Value("b"), ""}};
  Parameter fixed = parameter("FIXED", {Scalar::Str}, Value("x"));
  fixed.fixed = true;
  Tool tool = test::split_tool({number, choice, fixed});
  tool.environment = true;
  on.tools["variables"] = tool;
  Builder builder;
  builder.step("a", "variables").options().env = {
      {"NUMBER", "hunter2", {2, 1}, true}, {"CHOICE", "hunter2", {3, 1}, true}, {"FIXED", "hunter2", {4, 1}, true}};
  EXPECT_THAT(on.findings_of(builder),
              ElementsAre("flow.yml:2:1: step 'a': parameter 'NUMBER': expected an int, found something else (not "
                          "shown, as it may be a secret)",
                          "flow.yml:3:1: step 'a': parameter 'CHOICE': expected one of \"a\", \"b\", found something "
                          "else (not shown, as it may be a secret)",
                          "flow.yml:4:1: step 'a': parameter 'FIXED': it is not adjustable: its value is \"x\""));
}

TEST(Planner, AnImageIsAskedForWithEachLogin) {
  auto on = world();
  const auto login = [](const std::string& password, const std::string& variable) {
    return std::make_shared<const RegistryLogin>(
        RegistryLogin{"r.example.org", {"ann", {}}, {password, {"", variable, "", {}}}});
  };
  Builder builder;
  builder.step("a", "simms").options().login = login("one", "");
  builder.step("b", "simms").options().login = login("two", "");
  builder.step("c", "simms").options().login = login("", "VARIABLE");
  builder.step("d", "simms").options().login = login("one", "");
  builder.step("e", "simms");
  on.good_plan(builder);
  EXPECT_EQ(on.resolved, 4);
}

TEST(Planner, SecretFilesCountFromTheWorkflow) {
  auto on = world();
  Builder builder;
  auto& options = builder.step("a", "words").feed("text", "./a.txt").options();
  options.secrets = {{"A", "", "key", {}}, {"B", "", "~/.key", {}}, {"C", "MY_TOKEN", "", {}}};
  const auto plan = on.good_plan(builder);
  const auto& secrets = plan.steps[0].options->secrets;
  EXPECT_EQ(secrets[0].file, "/flow/key");
  EXPECT_EQ(secrets[1].file, "/home/me/.key");
  EXPECT_EQ(secrets[2].file, "");
}

// Each by itself is right; together they are not. At the place of the step's resources, where it has some.
TEST(Planner, WhatAStepAndItsToolNeedGoesTogether) {
  constexpr std::uint64_t mi = 1 << 20;
  auto on = world();
  on.tools["heavy"] = on.tools["simms"];
  on.tools["heavy"].needs = {{2.0, 2048 * mi, 1}, {4.0, 4096 * mi, 1}};
  on.tools["small"] = on.tools["simms"];
  on.tools["small"].needs.limits.memory = 4 * mi;
  Builder builder;
  auto& own = builder.step("a", "heavy").options();
  own.needs.limits = {1.0, 1024 * mi, 2};
  own.resources_at = {7, 9};
  builder.step("b", "heavy").options().max_memory = 512 * mi;
  builder.step("c", "small");
  builder.step("d", "small").options().needs.limits.memory = 8 * mi;
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:2:1: step 'b': max_memory is 512Mi, less than the limit that grows, 4Gi",
                  "flow.yml:3:1: step 'c': a memory limit of 4Mi is too small to start a container in, at least "
                  "6Mi are needed",
                  "flow.yml:7:9: step 'a': it requests 2 cores, more than its limit of 1",
                  "flow.yml:7:9: step 'a': it requests 2Gi of memory, more than its limit of 1Gi",
                  "flow.yml:7:9: step 'a': it requests 1 GPU, and its limit is 2: there is one number of both"));
}

TEST(Planner, OptionsThatDifferLittleAreNotTheSame) {
  auto on = world();
  Builder builder;
  builder.step("a", "simms").options().needs.limits.cpu = 0.0000001;
  builder.step("b", "simms").options().needs.limits.cpu = 0.0000002;
  const auto plan = on.good_plan(builder);
  EXPECT_EQ(plan.steps[0].options->needs.limits.cpu, 0.0000001);
  EXPECT_EQ(plan.steps[1].options->needs.limits.cpu, 0.0000002);
}

TEST(Planner, OptionsAreKeptAndShared) {
  auto on = world();
  Builder builder;
  for (const auto* name : {"a", "b", "c", "d"}) builder.step(name, "simms");
  for (int i = 0; i < 3; ++i) {
    auto options = std::make_unique<StepOptions>();
    options->retries = i == 2 ? 3 : 2;
    options->after = {{"d", {}}};
    builder.workflow.steps[static_cast<std::size_t>(i)].options = std::move(options);
  }
  const auto plan = on.good_plan(builder);
  EXPECT_EQ(plan.steps[0].options->retries, 2);
  EXPECT_EQ(plan.steps[2].options->retries, 3);
  EXPECT_EQ(plan.steps[0].options, plan.steps[1].options);
  EXPECT_EQ(plan.steps[3].options->retries, 0);
  EXPECT_THAT(plan.successors(3), ElementsAre(0, 1, 2));
}

TEST(Planner, EnvironmentVariables) {
  auto on = world();
  Builder builder;
  builder.input(parameter("threads", {Scalar::Int}, Value(4)));
  builder.step("a", "simms").options().env = {{"THREADS", "${inputs.threads}", {5, 1}},
                                              {"A=B", "", {6, 1}},
                                              {"", "", {7, 1}},
                                              {"N", std::string(1, '\0'), {8, 1}}};
  builder.step("b", "simms").options().env = {{"X", "${inputs.thread}", {9, 1}}};
  EXPECT_THAT(
      on.findings_of(builder),
      ElementsAre("flow.yml:6:1: step 'a': the name of an environment variable is not empty and holds no \"=\", "
                  "found 'A=B'",
                  "flow.yml:7:1: step 'a': the name of an environment variable is not empty and holds no \"=\", "
                  "found ''",
                  "flow.yml:8:1: step 'a': environment variable 'N' holds a NUL byte",
                  "flow.yml:9:1: step 'b': there is no workflow input 'thread' (did you mean 'threads'?)"));
}

TEST(Planner, WhatMayNotBeReadOrWrittenIsFoundAtItsPlace) {
  auto on = world();
  on.files["/flow/data"].unreadable = "Permission denied";
  on.files["/flow/a.txt"].unreadable = "Permission denied";
  on.files["/out"] = {PortKind::Directory, "", "Read-only file system"};
  on.files["/out/file"] = {PortKind::File};
  Builder builder;
  builder.step("a", "simms").feed("input", "./data");
  builder.step("b", "words").feed("text", "./a.txt");
  builder.output("new", Link{"a", "output", ""}, "/out/new/deep")
      .output("file", Link{"b", "words", ""}, "/out/file")
      .output("here", Link{"a", "output", ""}, "/out");
  EXPECT_THAT(
      on.findings_of(builder),
      testing::IsSupersetOf(
          {HasSubstr("step 'a': port 'input' takes a directory, but '/flow/data' can't be read: Permission denied"),
           HasSubstr("step 'b': port 'text' takes a file, but '/flow/a.txt' can't be read: Permission denied"),
           HasSubstr("'/out/new/deep', but '/out' can't be written in: Read-only file system"),
           HasSubstr("'/out/file', but '/out' can't be written in: Read-only file system"),
           HasSubstr("'/out', but '/out' can't be written in: Read-only file system")}));
}

}  // namespace
}  // namespace boxcar
