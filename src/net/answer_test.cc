#include "net/answer.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(Answer, WhatIsNestedBeyondReasonIsAsGoodAsEmpty) {
  const auto answer = json_object("{\"State\": {\"Status\": \"exited\"}, \"deep\": " + nested(100'000) + "}");
  EXPECT_EQ(text_in(part_of(answer, "State"), "Status"), "exited");
  EXPECT_LT(part_of(answer, "deep").dump().size(), std::size_t{2 * kDeepestJson});
  EXPECT_LT(json_document(nested(100'000)).dump().size(), std::size_t{2 * kDeepestJson + 1});
  EXPECT_EQ(json_document(nested(50)).dump(), nested(50));
}

TEST(Answer, WhatIsNoObjectIsAnEmptyOne) {
  for (const char* text : {"", "[1]", "null", "{\"a\": ", "\xff"}) EXPECT_EQ(json_object(text).dump(), "{}") << text;
}

TEST(Answer, TextThatIsNotUtf8CannotBeSent) {
  EXPECT_EQ(json_text({{"path", "caf\xe9"}}).error().kind, ErrorKind::Denied);
  EXPECT_EQ(json_text({{"path", "caf\xc3\xa9"}}).value(), "{\"path\":\"caf\xc3\xa9\"}");
}

}  // namespace
}  // namespace boxcar
