#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace boxcar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("a,,b", ','), ElementsAre("a", "", "b"));
  EXPECT_THAT(split(",", ','), ElementsAre("", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Text, ANewlineEndsALine) {
  EXPECT_THAT(lines("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(lines("a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(lines("\n"), ElementsAre(""));
  EXPECT_THAT(lines(""), IsEmpty());
}

TEST(Text, OffersWhatWasLikelyMeant) {
  EXPECT_EQ(did_you_mean("simulat", {"predict", "simulate"}), " (did you mean 'simulate'?)");
  EXPECT_EQ(did_you_mean("tle", {"tel"}), " (did you mean 'tel'?)") << "letters that changed places";
  EXPECT_EQ(did_you_mean("image", {"predict"}), "");
}

TEST(Text, NothingPrintableSteersATerminal) {
  EXPECT_EQ(printable("é\x1b[2J\n\xff\xc2\x9b"), "é\\x1b[2J\\n\\xff\\xc2\\x9b");
  EXPECT_EQ(printable("ééé", 5), "éé…") << "never within a character";
}

TEST(Text, JsonTextIsAlwaysUtf8) {
  EXPECT_EQ(json_quote("a\"\\\n\x01"), R"("a\"\\\n\u0001")");
  EXPECT_EQ(json_quote("\xff"), "\"\xEF\xBF\xBD\"");
  EXPECT_FALSE(valid_utf8("\xed\xa0\x80")) << "a surrogate";
  EXPECT_FALSE(valid_utf8("\xc0\xaf")) << "not the shortest form";
}

}  // namespace
}  // namespace boxcar
