#include "cli/sample.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base/fd.h"

namespace boxcar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct SampleTest : ::testing::Test {
  void SetUp() override {
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    given.made_up = join_path(place, "made-up");
  }
  void TearDown() override { ASSERT_TRUE(remove_tree(place)); }

  Result<Sample> make() { return sample_of(tool, "tool", given, "image", findings); }
  Value value_of(Type type, Scalar reads_as = Scalar::Str, std::optional<std::int64_t> max_length = {}) {
    Parameter parameter;
    parameter.name = "p";
    parameter.type = type;
    parameter.reads_as = reads_as;
    parameter.max_length = max_length;
    parameter.required = true;
    tool.parameters = {parameter};
    const auto sample = make();
    EXPECT_TRUE(sample);
    EXPECT_TRUE(check_value(parameter, sample->params.at(0).value)) << "what is made up is valid";
    return sample->params.at(0).value;
  }
  std::string source(const Sample& sample) { return std::get<HostPath>(sample.inputs.at(0).source).path; }

  std::string place = ::testing::TempDir() + "boxcar-sample.XXXXXX";
  Tool tool;
  SamplesGiven given;
  Findings findings;
};

TEST_F(SampleTest, WhatMustHaveAValueGetsOneOfItsType) {
  EXPECT_EQ(value_of({Scalar::Int, false}), Value(1));
  EXPECT_EQ(value_of({Scalar::Float, true}), Value(List{Value(1.0)}));
  EXPECT_EQ(value_of({Scalar::Bool, false}), Value(true));
  EXPECT_EQ(value_of({Scalar::Str, false}, Scalar::Int), Value("1"));
  EXPECT_EQ(value_of({Scalar::Str, false}, Scalar::Str, 3), Value("sam"));
  EXPECT_EQ(read_file(*value_of({Scalar::File, false}).text()), "sample\n");
}

TEST_F(SampleTest, WhatHasADefaultOrNeedsNoValueIsLeftAlone) {
  Parameter with_default;
  with_default.name = "a";
  with_default.required = true;
  with_default.initial = Value("x");
  Parameter optional;
  optional.name = "b";
  tool.parameters = {with_default, optional};
  EXPECT_TRUE(make()->params.empty());
}

TEST_F(SampleTest, AnInputIsWhatIsGivenElseWhatLiesInTheFolderElseMadeUp) {
  Port port;
  port.name = "in";
  port.path = "/in";
  tool.inputs = {port};
  auto sample = make();
  ASSERT_TRUE(sample);
  EXPECT_THAT(sample->made_up, ElementsAre("input 'in'"));
  EXPECT_TRUE(source(*sample).starts_with(given.made_up) && exists(source(*sample)));

  given.folder = place;
  ASSERT_TRUE(make_directories(join_path(place, "in")));
  EXPECT_EQ(source(*make()), join_path(place, "in"));
  ASSERT_TRUE(make_directories(join_path(place, "tool/in")));
  EXPECT_EQ(source(*make()), join_path(place, "tool/in"));

  given.inputs = {*parse_given("--input", "other/in=/elsewhere", '/'), *parse_given("--input", "in=/there", '/')};
  EXPECT_EQ(source(*make()), "/there");
  EXPECT_FALSE(given.inputs[0].used);
  EXPECT_TRUE(given.inputs[1].used);
}

TEST_F(SampleTest, WhatTheImageSaysIsNoPathOfTheHost) {
  Port port;
  port.name = "../in";
  port.path = "/in";
  tool.inputs = {port};
  given.folder = join_path(place, "samples");
  for (const auto* outside : {"in", "x/in", "samples/.."}) ASSERT_TRUE(make_directories(join_path(place, outside)));
  for (const auto* name : {"../x", "..", "a/b", ""}) {
    const auto sample = sample_of(tool, name, given, "image", findings);
    ASSERT_TRUE(sample);
    EXPECT_EQ(source(*sample), join_path(given.made_up, std::to_string(given.made))) << name;
    EXPECT_THAT(sample->made_up, ElementsAre("input '../in'"));
  }
  tool.inputs[0].name = "in";
  const auto sample = sample_of(tool, "../x", given, "image", findings);
  ASSERT_TRUE(sample);
  EXPECT_EQ(source(*sample), join_path(given.made_up, std::to_string(given.made)));
}

TEST_F(SampleTest, ToolsAndNamesMayHoldTheSeparator) {
  const Given text{"my.tool.v.1=x=y", '.'};
  EXPECT_EQ(text.value_of("my.tool", "v.1"), "x=y");
  EXPECT_EQ(text.value_of("other", "my.tool.v.1"), "x=y");
  EXPECT_EQ(text.value_of("my.tool", "v"), std::nullopt);
  EXPECT_EQ(text.value_of("tool", "v.1"), std::nullopt);
  EXPECT_EQ((Given{"a/b/in=./x", '/'}.value_of("a/b", "in")), "./x");
}

TEST_F(SampleTest, WhatNamesNothingIsSaidAsWhatItIs) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> known = {{"my.tool", {"threshold"}},
                                                                               {"other", {"level"}}};
  const auto said = [&](const std::string& text) { return unknown_given({text, '.'}, "parameter", known); };
  EXPECT_EQ(said("my.tool.treshold=1"), "tool 'my.tool' has no parameter 'treshold' (did you mean 'threshold'?)");
  EXPECT_EQ(said("treshold=1"), "no tool has a parameter 'treshold' (did you mean 'threshold'?)");
  EXPECT_EQ(said("othr.level=1"), "no tool has a parameter 'othr.level' (did you mean 'other.level'?)");
  EXPECT_EQ(said("third.x=1"),
            "no tool has a parameter 'third.x', and there is no tool 'third' (there are: my.tool, other)");
  EXPECT_EQ(unknown_given({"x=1", '/'}, "input", known), "no tool has an input 'x'");
}

TEST_F(SampleTest, AValueOfTheWrongTypeIsAFinding) {
  Parameter parameter;
  parameter.name = "n";
  parameter.type = {Scalar::Int, false};
  tool.parameters = {parameter};
  given.values = {*parse_given("--set", "n=four", '.')};
  ASSERT_TRUE(make());
  ASSERT_EQ(findings.errors(), 1);
  EXPECT_THAT(findings.all()[0].text(), HasSubstr("--set n: "));
  EXPECT_FALSE(parse_given("--set", "four", '.'));
}

}  // namespace
}  // namespace boxcar
