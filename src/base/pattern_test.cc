#include "base/pattern.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace boxcar {
namespace {

TEST(Pattern, ARegularExpressionMatchesAllOfTheText) {
  const auto regex = Regex::compile("series/[0-9]+\\.dcm");
  ASSERT_TRUE(regex);
  EXPECT_TRUE(regex->matches("series/12.dcm"));
  EXPECT_FALSE(regex->matches("series/12.dcm.bak"));
  EXPECT_FALSE(regex->matches("a/series/12.dcm"));
  EXPECT_TRUE(Regex::compile("(?i)ä.\\.nii")->matches("Äß.NII"));
}

TEST(Pattern, WhatDoesNotCompileOrWouldBeHugeIsInvalid) {
  for (const char* wrong : {"(", "a{2,1}", "[z-a]", "(?=a)b", "(a)\\1", "((((a{99}){99}){99}){99})"}) {
    const auto regex = Regex::compile(wrong);
    ASSERT_FALSE(regex) << wrong;
    EXPECT_EQ(regex.error().kind, ErrorKind::Invalid);
    EXPECT_FALSE(regex.error().message.empty());
  }
}

TEST(Pattern, NothingTakesExponentialTime) {
  const auto began = now_micros();
  const std::string text(100'000, 'a');
  for (const char* nasty : {"(a+)+b", "(a|aa)+b", "(.*a){20}b"}) EXPECT_FALSE(Regex::compile(nasty)->matches(text));
  EXPECT_FALSE(matches_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(255, 'a')));
  EXPECT_LT(now_micros() - began, 5'000'000);
}

TEST(Pattern, GlobsAreThoseOfPython) {
  EXPECT_TRUE(matches_glob("*.dcm", "a.dcm"));
  EXPECT_TRUE(matches_glob("*", ".hidden"));
  EXPECT_TRUE(matches_glob("[!a]?", "bc"));
  EXPECT_TRUE(matches_glob("a\\*", "a\\b"));
  EXPECT_FALSE(matches_glob("*.dcm", "a.DCM"));
}

}  // namespace
}  // namespace boxcar
