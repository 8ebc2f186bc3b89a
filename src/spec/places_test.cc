#include "spec/places.h"

#include <gtest/gtest.h>

#include <string>

#include "spec/node.h"

namespace boxcar {
namespace {

TEST(Places, AreThoseOfPositionOfThereAndBack) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += std::string(static_cast<std::size_t>(i % 7), 'x') + (i % 3 == 0 ? "äö€\r\n" : i % 5 == 0 ? "🚀\r" : "é\n");
  }
  const Places places(text);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    ASSERT_EQ(places.of(at), position_of(text, at)) << at;
    if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (at > 0 && text[at] == '\n' && text[at - 1] == '\r') continue;
    ASSERT_EQ(places.offset(places.of(at)), at);
  }
  EXPECT_EQ(places.offset({10'000, 1}), text.size());
  EXPECT_EQ(places.offset({0, 0}), 0U);
}

}  // namespace
}  // namespace boxcar
