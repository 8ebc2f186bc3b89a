#include "model/value.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

TEST(Value, JsonOfScalars) {
  EXPECT_EQ(Value().json(), "null");
  EXPECT_EQ(Value(true).json(), "true");
  EXPECT_EQ(Value(-7).json(), "-7");
  EXPECT_EQ(Value("a\"b\n").json(), "\"a\\\"b\\n\"");
  EXPECT_EQ(Value(List{Value(1), Value("x"), Value(List{})}).json(), "[1, \"x\", []]");
}

TEST(Value, FloatsAreShortestAndStayFloats) {
  EXPECT_EQ(Value(10.0).json(), "10.0");
  EXPECT_EQ(Value(-0.0).json(), "-0.0");
  EXPECT_EQ(Value(0.1).json(), "0.1");
  EXPECT_EQ(Value(1.0 / 3).json(), "0.3333333333333333");
  EXPECT_EQ(Value(1e300).json(), "1e+300");
  EXPECT_EQ(Value(5e-324).json(), "5e-324");
}

TEST(Value, PlainIsBareTextOrJson) {
  EXPECT_EQ(Value("a b").plain(), "a b");
  EXPECT_EQ(Value(false).plain(), "false");
  EXPECT_EQ(Value(List{Value("a")}).plain(), "[\"a\"]");
}

TEST(Value, IntsAndFloatsAreDifferentValues) {
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_EQ(Value(1), Value(std::int64_t{1}));
}

TEST(Type, Names) {
  EXPECT_EQ((Type{Scalar::Float, false}.name()), "float");
  EXPECT_EQ((Type{Scalar::File, true}.name()), "List[file]");
}

}  // namespace
}  // namespace boxcar
