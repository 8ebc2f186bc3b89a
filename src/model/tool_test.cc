#include "model/tool.h"

#include <gtest/gtest.h>

#include <limits>

namespace boxcar {
namespace {

Parameter parameter(Scalar scalar, bool list = false) {
  Parameter result;
  result.name = "p";
  result.type = {scalar, list};
  if (scalar == Scalar::Choice) result.choices = {{Value("briggs"), ""}, {Value("natural"), ""}, {Value(2), ""}};
  return result;
}

std::string check(const Parameter& p, const Value& value) {
  const auto result = check_value(p, value);
  return result ? "ok" : result.error().message;
}

std::string parse(const Parameter& p, const std::vector<std::string>& texts) {
  const auto result = parse_value(p, texts);
  return result ? result->json() : result.error().message;
}

TEST(CheckValue, TypesAreStrict) {
  EXPECT_EQ(check(parameter(Scalar::Int), Value(10)), "ok");
  EXPECT_EQ(check(parameter(Scalar::Int), Value("10")), "expected an int, found the string \"10\"");
  EXPECT_EQ(check(parameter(Scalar::Int), Value(1.0)), "expected an int, found the float 1.0");
  EXPECT_EQ(check(parameter(Scalar::Int), Value(true)), "expected an int, found the bool true");
  EXPECT_EQ(check(parameter(Scalar::Float), Value(10)), "ok");
  EXPECT_EQ(check(parameter(Scalar::Float), Value(1.5)), "ok");
  EXPECT_EQ(check(parameter(Scalar::Float), Value(false)), "expected a float, found the bool false");
  EXPECT_EQ(check(parameter(Scalar::Float), Value(std::numeric_limits<double>::infinity())),
            "expected a float, found a number that is not finite");
  EXPECT_EQ(check(parameter(Scalar::Bool), Value(0)), "expected a bool (true or false), found the int 0");
  EXPECT_EQ(check(parameter(Scalar::Str), Value(5)), "expected a string, found the int 5");
  EXPECT_EQ(check(parameter(Scalar::Str), Value("")), "ok");
  EXPECT_EQ(check(parameter(Scalar::File), Value(5)), "expected a file (its path), found the int 5");
  EXPECT_EQ(check(parameter(Scalar::File), Value("")), "expected the path of a file, found an empty string");
  EXPECT_EQ(check(parameter(Scalar::Str), Value(List{})), "expected a string, found a list");
}

TEST(CheckValue, ChoicesNameThemselves) {
  EXPECT_EQ(check(parameter(Scalar::Choice), Value("natural")), "ok");
  EXPECT_EQ(check(parameter(Scalar::Choice), Value(2)), "ok");
  EXPECT_EQ(check(parameter(Scalar::Choice), Value("2")),
            "expected one of \"briggs\", \"natural\", 2, found the string \"2\"");
  EXPECT_EQ(check(parameter(Scalar::Choice), Value("natual")),
            "expected one of \"briggs\", \"natural\", 2, found the string \"natual\" (did you mean 'natural'?)");
}

TEST(CheckValue, NullOnlyWhereNothingIsRequired) {
  auto p = parameter(Scalar::Int);
  EXPECT_EQ(check(p, Value()), "ok");
  p.required = true;
  EXPECT_EQ(check(p, Value()), "expected an int, found null");
}

TEST(CheckValue, Lists) {
  const auto p = parameter(Scalar::Int, true);
  EXPECT_EQ(check(p, Value(List{Value(1), Value(2)})), "ok");
  EXPECT_EQ(check(p, Value(List{})), "ok");
  EXPECT_EQ(check(p, Value(1)), "expected List[int], found the int 1");
  EXPECT_EQ(check(p, Value(List{Value(1), Value("2")})), "item 2: expected an int, found the string \"2\"");
  EXPECT_EQ(check(p, Value(List{Value()})), "item 1: expected an int, found null");
}

TEST(CheckValue, LengthCountsCharacters) {
  auto p = parameter(Scalar::Str);
  p.max_length = 3;
  EXPECT_EQ(check(p, Value("äöü")), "ok");
  EXPECT_EQ(check(p, Value("abcd")), "expected at most 3 characters, found 4: \"abcd\"");
}

TEST(CheckValue, TextsThatAreToReadAsSomethingElse) {
  auto p = parameter(Scalar::Str);
  p.reads_as = Scalar::Int;
  EXPECT_EQ(check(p, Value("12")), "ok");
  EXPECT_EQ(check(p, Value("1.5")), "expected an int, found \"1.5\"");
  p.reads_as = Scalar::Bool;
  EXPECT_EQ(check(p, Value("True")), "ok");
  EXPECT_EQ(check(p, Value("maybe")), "expected true or false, found \"maybe\"");
}

TEST(CheckValue, WhatIsFixedTakesItsOwnValueOnly) {
  auto p = parameter(Scalar::Str);
  p.fixed = true;
  p.initial = Value("a");
  EXPECT_EQ(check(p, Value("a")), "ok");
  EXPECT_EQ(check(p, Value("b")), "it is not adjustable: its value is \"a\"");
}

TEST(ParseValue, TextsOfTheCommandLine) {
  EXPECT_EQ(parse(parameter(Scalar::Int), {"-12"}), "-12");
  EXPECT_EQ(parse(parameter(Scalar::Int), {"+12"}), "12");
  EXPECT_EQ(parse(parameter(Scalar::Int), {"+-12"}), "expected an int, found \"+-12\"");
  EXPECT_EQ(parse(parameter(Scalar::Int), {"1.5"}), "expected an int, found \"1.5\"");
  EXPECT_EQ(parse(parameter(Scalar::Int), {"99999999999999999999"}), "expected an int, found \"99999999999999999999\"");
  EXPECT_EQ(parse(parameter(Scalar::Int), {""}), "expected an int, found \"\"");
  EXPECT_EQ(parse(parameter(Scalar::Float), {"10"}), "10.0");
  EXPECT_EQ(parse(parameter(Scalar::Float), {"1e-3"}), "0.001");
  EXPECT_EQ(parse(parameter(Scalar::Float), {"inf"}), "expected a float, found \"inf\"");
  EXPECT_EQ(parse(parameter(Scalar::Str), {"10"}), "\"10\"");
  EXPECT_EQ(parse(parameter(Scalar::Str), {"\xff"}), "expected text in UTF-8, found \"\\xff\"");
}

TEST(ParseValue, FalseIsFalse) {
  for (const auto* text : {"False", "false", "no", "off", "0"}) {
    EXPECT_EQ(parse(parameter(Scalar::Bool), {text}), "false") << text;
  }
  for (const auto* text : {"True", "true", "YES", "on", "1"}) {
    EXPECT_EQ(parse(parameter(Scalar::Bool), {text}), "true") << text;
  }
  EXPECT_EQ(parse(parameter(Scalar::Bool), {"maybe"}), "expected true or false, found \"maybe\"");
}

TEST(ParseValue, ChoicesAndLists) {
  EXPECT_EQ(parse(parameter(Scalar::Choice), {"2"}), "2");
  EXPECT_EQ(parse(parameter(Scalar::Choice), {"brigs"}),
            "expected one of \"briggs\", \"natural\", 2, found the string \"brigs\" (did you mean 'briggs'?)");
  EXPECT_EQ(parse(parameter(Scalar::Int, true), {"1", "2"}), "[1, 2]");
  EXPECT_EQ(parse(parameter(Scalar::Int, true), {"1", "x"}), "item 2: expected an int, found \"x\"");
  EXPECT_EQ(parse(parameter(Scalar::Int), {"1", "2"}), "expected one value, found 2");
  EXPECT_EQ(parse(parameter(Scalar::Int), {}), "expected one value, found 0");
}

TEST(Tool, FindsByName) {
  Tool tool;
  tool.parameters = {parameter(Scalar::Int)};
  tool.inputs.emplace_back().name = "in";
  tool.outputs.emplace_back().name = "out";
  EXPECT_EQ(tool.parameter("p"), &tool.parameters[0]);
  EXPECT_EQ(tool.parameter("q"), nullptr);
  EXPECT_EQ(tool.input("in"), &tool.inputs[0]);
  EXPECT_EQ(tool.output("out"), &tool.outputs[0]);
  EXPECT_EQ(tool.input("out"), nullptr);
  EXPECT_EQ(tool.parameter_names(), std::vector<std::string>{"p"});
}

TEST(Needs, ARequestOfGpusAndALimitOfThemAreOne) {
  EXPECT_EQ(gpus_of({}), 0);
  EXPECT_EQ(gpus_of({{{}, {}, 2}, {}}), 2);
  EXPECT_EQ(gpus_of({{}, {{}, {}, 2}}), 2);
  EXPECT_TRUE(conflicts({{{}, {}, 2}, {{}, {}, 2}}).empty());
  EXPECT_TRUE(conflicts({{2.0, 100, 2}, {}}).empty());
  EXPECT_EQ(conflicts({{{}, {}, 0}, {{}, {}, 1}}).size(), 1U);
}

}  // namespace
}  // namespace boxcar
