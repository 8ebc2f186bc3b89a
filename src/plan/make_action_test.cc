#include "plan/make_action.h"

#include "plan/test_support.h"

namespace boxcar {
namespace {

using test::parameter;
using test::port;
using testing::ElementsAre;

// A step made by hand, with the content of its inputs in order of its inputs' paths.
struct Case {
  Image image = *test::image("image");
  Tool tool = test::split_tool();
  StepOptions options;
  PlannedStep step;

  Result<Action> make() {
    auto resolved = std::make_shared<ResolvedTool>();
    resolved->image = std::make_shared<const Image>(image);
    resolved->tool = std::make_shared<const Tool>(tool);
    step.name = "step";
    step.tool = resolved;
    step.options = std::make_shared<const StepOptions>(options);
    // A path ending in "/" leads to a directory, any other to a file.
    return make_action(step, [](const PlannedInput& input) -> Result<Content> {
      if (input.path == "/gone") return fail(ErrorKind::NotFound, "it is gone");
      const bool directory = input.path.ends_with('/');
      return Content{sha256(input.path), directory ? PortKind::Directory : PortKind::File,
                     directory ? input.path.substr(0, input.path.size() - 1) : input.path};
    });
  }
  Action good() {
    auto made = make();
    EXPECT_TRUE(made) << made.error().text();
    return made ? std::move(*made) : Action();
  }
  void feed(std::uint32_t port_index, std::string path) {
    step.inputs.push_back({port_index, false, 0, PlannedInput::kHost, 0, std::move(path)});
  }
  void feed_parameter(std::uint32_t index, std::uint32_t item, std::string path) {
    step.inputs.push_back({index, true, item, PlannedInput::kHost, 0, std::move(path)});
  }
};

TEST(MakeAction, TakesWhatTheImageAndTheStepSay) {
  Case c;
  c.image.user = "me";
  c.image.working_dir = "/home/me";
  c.options.network = false;
  c.options.timeout = Seconds(3);
  c.options.needs.limits.cpu = 2;
  c.options.needs.limits.gpus = 1;
  c.options.secrets = {{"Z", "z", "", {}}, {"A", "a", "", {}}};
  const auto action = c.good();
  EXPECT_EQ(action.image->identity, c.image.identity);
  EXPECT_EQ(action.user, "me");
  EXPECT_EQ(action.working_dir, "/home/me");
  EXPECT_FALSE(action.network);
  EXPECT_TRUE(action.gpu);
  EXPECT_THAT(action.secrets, ElementsAre("A", "Z"));
  EXPECT_EQ(action.step, "step");
  EXPECT_EQ(action.needs.limits, c.options.needs.limits);
  EXPECT_EQ(action.timeout, Seconds(3));
  EXPECT_EQ(Case().good().working_dir, "/");
  EXPECT_TRUE(Case().good().network);
}

TEST(MakeAction, EnvironmentIsDefaultsThenImageThenStepSortedByName) {
  Case c;
  c.image.env = {"B=image", "PATH=/image", "B-=x", "novalue", "B=image again", "=x"};
  c.options.env = {{"B", "step=1", {}}, {"A", "", {}}};
  EXPECT_THAT(c.good().env, ElementsAre("A=", "B=step=1", "B-=x", "HOME=/root", "PATH=/image"));
  c.image.env.clear();
  c.options.env.clear();
  EXPECT_THAT(c.good().env,
              ElementsAre("HOME=/root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
}

TEST(MakeAction, HomeIsThatOfRootForRootOnly) {
  const auto home_of = [](const std::string& user) {
    Case c;
    c.image.env.clear();
    c.image.user = user;
    return c.good().env.front();
  };
  for (const auto* user : {"", "0", "root", "0:0", "root:root", "0:1000"})
    EXPECT_EQ(home_of(user), "HOME=/root") << user;
  for (const auto* user : {"1000", "1000:0", "name", "rooter"}) EXPECT_EQ(home_of(user), "HOME=/") << user;
}

TEST(MakeAction, ArgvIsTheCommandOrElseTheImages) {
  Case c;
  c.image.entrypoint = {"/entry"};
  c.image.cmd = {"-x", "${inputs.input}"};
  EXPECT_THAT(c.good().argv, ElementsAre("/kliko"));
  c.tool.command.clear();
  EXPECT_THAT(c.good().argv, ElementsAre("/entry", "-x", "${inputs.input}"));
}

// As Docker takes it: the entrypoint of a base image is taken away so.
TEST(MakeAction, AnEntrypointOfOneEmptyWordIsNone) {
  Case c;
  c.tool.command.clear();
  c.image.entrypoint = {""};
  c.image.cmd = {"echo", "hi"};
  EXPECT_THAT(c.good().argv, ElementsAre("echo", "hi"));
}

TEST(MakeAction, WhatCanBeNoArgvIsRefused) {
  Case c;
  c.tool.command.clear();
  for (const auto& command : {std::vector<std::string>{}, {"", "a"}, {"a", std::string("b\0c", 3)}}) {
    c.image.cmd = command;
    const auto made = c.make();
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::Invalid);
  }
}

TEST(MakeAction, ACommandMayBeForTheEntrypointAndIsLiteralThen) {
  Case c;
  c.image.entrypoint = {"/entry"};
  c.image.cmd = {"-x"};
  c.tool.keeps_entrypoint = true;
  c.tool.command = {"run", "${params.x}"};
  EXPECT_THAT(c.good().argv, ElementsAre("/entry", "run", "${params.x}"));
  c.options.command = {"other", "$$"};
  EXPECT_THAT(c.good().argv, ElementsAre("/entry", "other", "$$"));
  c.options.command.clear();
  c.tool.command.clear();
  EXPECT_THAT(c.good().argv, ElementsAre("/entry", "-x"));
}

TEST(MakeAction, ParametersMayBeTheEnvironment) {
  Case c;
  c.image.env = {"WORD=image", "OTHER=image"};
  c.tool.environment = true;
  c.tool.parameters = {parameter("WORD", {Scalar::Str}, Value("a b")), parameter("UNSET", {Scalar::Str})};
  c.options.env = {{"OTHER", "step", {}}};
  EXPECT_THAT(c.good().env, ElementsAre("HOME=/root", "OTHER=step", testing::StartsWith("PATH="), "WORD=a b"));
}

TEST(NeedsOf, TheStepComesFirstFieldByField) {
  PlannedStep step;
  auto tool = std::make_shared<Tool>();
  tool->needs = {{1.0, 100, {}}, {2.0, 200, 1}};
  auto resolved = std::make_shared<ResolvedTool>();
  resolved->tool = tool;
  step.tool = resolved;
  auto options = std::make_shared<StepOptions>();
  options->needs = {{{}, 150, {}}, {4.0, {}, {}}};
  step.options = options;
  const Needs needs = needs_of(step);
  EXPECT_EQ(needs.requests, (Resources{1.0, 150, {}}));
  EXPECT_EQ(needs.limits, (Resources{4.0, 200, 1}));
}

TEST(MakeAction, CommandsGetPathsAndValues) {
  Case c;
  c.tool.inputs = {port("text", PortKind::File, "/in/text/"), port("dir", PortKind::Directory, "/in/dir/"),
                   port("none", PortKind::File, "/in/none/", true)};
  c.tool.outputs = {port("sorted", PortKind::File, "/out/sorted")};
  c.tool.parameters = {parameter("n", {Scalar::Int}, Value(3)), parameter("f", {Scalar::File}),
                       parameter("l", {Scalar::Str, true}), parameter("unset", {Scalar::Str})};
  c.tool.command = {
      "sort",        "${inputs.text}",  "-o",          "${outputs.sorted}", "--n=${params.n}", "${params.f}",
      "${params.l}", "${params.unset}", "$${x} $HOME", "${inputs.dir}/x",   "[${inputs.none}]"};
  c.step.values = {{2, Value(List{Value("a"), Value("b c")})}};
  c.feed(0, "/host/words.txt");
  c.feed(1, "/host/d/");
  c.feed_parameter(1, 0, "/host/sky");
  EXPECT_THAT(c.good().argv, ElementsAre("sort", "/in/text/words.txt", "-o", "/out/sorted", "--n=3", "/param_files/f",
                                         "[\"a\", \"b c\"]", "", "${x} $HOME", "/in/dir/x", "[]"));
  c.tool.command = {"${inputs.other}"};
  ASSERT_FALSE(c.make());
  EXPECT_EQ(c.make().error().kind, ErrorKind::Invalid);
}

TEST(MakeAction, ParametersAreOneJsonObjectSortedByName) {
  Case c;
  c.tool.parameters = {parameter("z", {Scalar::Int}, Value(3)), parameter("a", {Scalar::Float}, Value(0.5)),
                       parameter("q\"", {Scalar::Str}), parameter("given", {Scalar::Bool}, Value(false)),
                       parameter("null", {Scalar::Str}, Value("default"))};
  c.step.values = {{3, Value(true)}, {4, Value()}};
  const auto action = c.good();
  EXPECT_EQ(action.parameters, R"({"a": 0.5, "given": true, "null": null, "q\"": null, "z": 3})");
  EXPECT_EQ(action.parameters_path, "/parameters.json");
  std::reverse(c.tool.parameters.begin(), c.tool.parameters.end());
  c.step.values = {{0, Value()}, {1, Value(true)}};
  EXPECT_EQ(c.good().parameters, action.parameters);
  EXPECT_EQ(action_key(c.good()), action_key(action));
  c.tool.parameters_path = "";
  EXPECT_EQ(c.good().parameters, "");
  c.tool = test::split_tool();
  c.step.values.clear();
  EXPECT_EQ(c.good().parameters, "{}");
}

TEST(MakeAction, EveryFormOfAFloatIsOneKey) {
  Case c;
  c.tool.parameters = {parameter("f", {Scalar::Float}), parameter("l", {Scalar::Float, true}),
                       parameter("i", {Scalar::Int})};
  c.tool.command = {"run", "${params.f}", "${params.l}"};
  c.step.values = {{0, Value(10)}, {1, Value(List{Value(1), Value(2.0)})}, {2, Value(10)}};
  const auto action = c.good();
  EXPECT_EQ(action.parameters, R"({"f": 10.0, "i": 10, "l": [1.0, 2.0]})");
  EXPECT_THAT(action.argv, ElementsAre("run", "10.0", "[1.0, 2.0]"));
  c.step.values = {{0, Value(10.0)}, {1, Value(List{Value(1.0), Value(2)})}, {2, Value(10)}};
  EXPECT_EQ(action_key(c.good()), action_key(action));
}

TEST(MakeAction, PortsBecomeInputsAndOutputsSortedByName) {
  Case c;
  c.tool.param_files_dir = "";
  c.tool.inputs = {port("text", PortKind::File, "/in/"), port("dir", PortKind::Directory, "/dir/"),
                   port("fixed", PortKind::File, "/fixed.txt")};
  c.tool.outputs = {port("z", PortKind::Directory, "/z"), port("b", PortKind::File, "/b/x", true)};
  c.tool.outputs[0].works_on = "dir";
  c.feed(0, "/host/words.txt");
  c.feed(1, "/host/d/");
  c.feed(2, "/host/other.txt");
  const auto action = c.good();
  ASSERT_EQ(action.inputs.size(), 3U);
  EXPECT_EQ(action.inputs[0].port, "dir");
  EXPECT_EQ(action.inputs[0].path, "/dir");
  EXPECT_EQ(action.inputs[0].kind, PortKind::Directory);
  EXPECT_EQ(action.inputs[0].source, "/host/d");
  EXPECT_EQ(action.inputs[0].content, sha256("/host/d/"));
  EXPECT_TRUE(action.inputs[0].required);
  EXPECT_EQ(action.inputs[1].path, "/fixed.txt");
  EXPECT_EQ(action.inputs[2].path, "/in/words.txt");
  ASSERT_EQ(action.outputs.size(), 2U);
  EXPECT_EQ(action.outputs[0].port, "b");
  EXPECT_EQ(action.outputs[0].kind, PortKind::File);
  EXPECT_FALSE(action.outputs[0].required);
  EXPECT_EQ(action.outputs[1].works_on, "dir");
  EXPECT_EQ(action.outputs[1].path, "/z");
}

TEST(MakeAction, WhatNothingFeeds) {
  Case c;
  c.tool.inputs.push_back(port("text", PortKind::File, "/in/", true));
  auto action = c.good();
  ASSERT_EQ(action.inputs.size(), 2U);  // a directory is empty, that of file parameters too; a file is not there
  for (const auto& input : action.inputs) {
    EXPECT_EQ(input.path, "/" + input.port);
    EXPECT_EQ(input.source, "");
    EXPECT_FALSE(input.required);
    EXPECT_TRUE(input.content.is_zero());
  }
  EXPECT_EQ(action.inputs[0].port, "input");
  EXPECT_EQ(action.inputs[1].port, "param_files");
  c.tool.parameters = {parameter("sky", {Scalar::File})};
  c.feed_parameter(0, 0, "/host/sky.fits");
  action = c.good();
  ASSERT_EQ(action.inputs.size(), 2U);
  EXPECT_EQ(action.inputs[1].path, "/param_files/sky");
}

TEST(MakeAction, FileParametersBecomeInputs) {
  Case c;
  c.tool.parameters = {parameter("sky", {Scalar::File}, {}, true), parameter("reads", {Scalar::File, true}),
                       parameter("none", {Scalar::File}, Value("default.txt")),
                       parameter("empty", {Scalar::File, true})};
  c.step.values = {{3, Value(List{})}};
  c.feed_parameter(0, 0, "/host/sky.fits");
  c.feed_parameter(1, 0, "/host/b.fq");
  c.feed_parameter(1, 1, "/host/a.fq");
  c.feed_parameter(1, 2, "/other/a.fq");
  const auto action = c.good();
  EXPECT_EQ(action.parameters, R"({"empty": [], "none": null, )"
                               R"("reads": ["/param_files/reads/b.fq", "/param_files/reads/a.fq", )"
                               R"("/param_files/reads/2-a.fq"], "sky": "/param_files/sky"})");
  std::vector<std::string> ports;
  for (const auto& input : action.inputs) ports.push_back(input.port + " " + input.path + " " + input.source);
  EXPECT_THAT(ports,
              ElementsAre("input /input ", "reads/2-a.fq /param_files/reads/2-a.fq /other/a.fq",
                          "reads/a.fq /param_files/reads/a.fq /host/a.fq",
                          "reads/b.fq /param_files/reads/b.fq /host/b.fq", "sky /param_files/sky /host/sky.fits"));
  EXPECT_EQ(action.inputs[4].kind, PortKind::File);
}

TEST(MakeAction, ContentOfAnotherKindIsAnError) {
  Case c;
  c.feed(0, "/host/file");
  ASSERT_FALSE(c.make());
  EXPECT_EQ(c.make().error().kind, ErrorKind::Invalid);
  EXPECT_EQ(c.make().error().message, "port 'input' takes a directory, but '/host/file' is a file");
  Case d;
  d.tool.parameters = {parameter("sky", {Scalar::File})};
  d.feed_parameter(0, 0, "/host/dir/");
  ASSERT_FALSE(d.make());
  EXPECT_EQ(d.make().error().message, "parameter 'sky' takes a file, but '/host/dir/' is a directory");
}

TEST(MakeAction, ErrorsOfContentAreGivenOn) {
  Case c;
  c.feed(0, "/gone");
  ASSERT_FALSE(c.make());
  EXPECT_EQ(c.make().error().kind, ErrorKind::NotFound);
  EXPECT_EQ(c.make().error().message, "it is gone");
}

}  // namespace
}  // namespace boxcar
