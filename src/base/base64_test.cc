#include "base/base64.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

TEST(Base64, DecodesWithAndWithoutPadding) {
  EXPECT_EQ(base64_decode(""), "");
  EXPECT_EQ(base64_decode("Zg=="), "f");
  EXPECT_EQ(base64_decode("Zm8="), "fo");
  EXPECT_EQ(base64_decode("Zm9v"), "foo");
  EXPECT_EQ(base64_decode("AP/+"), std::string("\0\xff\xfe", 3));
}

TEST(Base64, EncodesWithPadding) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode(std::string_view("\0\xff\xfe", 3)), "AP/+");
}

TEST(Base64, RefusesWhatIsMalformed) {
  for (const char* text : {"Z", "Zg", "Zg=", "Z*==", "Zg==Zg"}) EXPECT_FALSE(base64_decode(text)) << text;
}

}  // namespace
}  // namespace boxcar
