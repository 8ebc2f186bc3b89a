#include "run/redactor.h"

#include <gmock/gmock.h>

#include <memory>
#include <random>

#include "fakes/stopwatch.h"

namespace boxcar {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

std::unique_ptr<Redactor> redactor(const std::vector<std::string>& values) {
  std::vector<Secret> list;
  for (const auto& value : values) list.push_back({"S" + std::to_string(list.size()), value});
  return std::make_unique<Redactor>(Secrets(std::move(list)));
}

std::string in_pieces(const Redactor& redactor, std::string_view text, std::size_t size) {
  Redactor::Stream stream(redactor);
  std::string result;
  for (std::size_t at = 0; at < text.size(); at += size) result += stream.feed(text.substr(at, size));
  return result += stream.finish();
}

TEST(RedactorTest, EveryOccurrenceBecomesThreeStars) {
  const auto on = redactor({"hunter22"});
  EXPECT_EQ(on->redacted("a hunter22, hunter22hunter22. hunter2"), "a ***, ******. ***");
  EXPECT_EQ(on->redacted("nothing here, hunter 22\n"), "nothing here, hunter 22\n");
  EXPECT_EQ(on->redacted(""), "");
}

TEST(RedactorTest, OverlapsLeaveNothingOver) {
  EXPECT_EQ(redactor({"abcdef", "defghi"})->redacted("xabcdefghix"), "x***x");
  EXPECT_EQ(redactor({"abcdef", "cd!!", "bcde"})->redacted("abcdcd!!"), "abcd***");
  EXPECT_EQ(redactor({"aaaa"})->redacted("baaaaaaab"), "b***b");
  EXPECT_EQ(redactor({"inner1", "outer-inner1-outer"})->redacted("inner1 outer-inner1-outer outer-inner1"),
            "*** *** ***");
}

TEST(RedactorTest, PiecesMakeNoDifference) {
  const auto on = redactor({"s3cr3t-value", "two\nlines of it", "s3cr3t-valves and more"});
  const std::string text = "a s3cr3t-value b two\nlines of it c s3cr3t-valves and mor s3cr3t-s3cr3t-valuetwo\nlines of";
  const std::string whole = on->redacted(text);
  EXPECT_EQ(whole, "a *** b *** c s3cr3t-valves and mor s3cr3t-******");
  for (std::size_t size = 1; size <= text.size(); ++size) EXPECT_EQ(in_pieces(*on, text, size), whole) << size;
}

TEST(RedactorTest, OnlyWhatMayBeAValueIsHeldBack) {
  const auto on = redactor({"hunter22"});
  Redactor::Stream stream(*on);
  EXPECT_EQ(stream.feed("prompt> "), "prompt> ");
  EXPECT_EQ(stream.feed("huh hunt"), "huh ");
  EXPECT_EQ(stream.feed("ing\n"), "hunting\n");
  EXPECT_EQ(stream.feed("hun"), "");
  EXPECT_EQ(stream.finish(), "hun");
}

TEST(RedactorTest, TheBeginningOfAValueAtTheVeryEndGoesToo) {
  const auto on = redactor({"0123456789abcdef"});
  EXPECT_EQ(on->redacted("killed at 0123456789"), "killed at ***");
  EXPECT_EQ(on->redacted("it was 012"), "it was 012");
}

TEST(RedactorTest, LinesOfAValueGoOneByOne) {
  const auto on = redactor({"-----BEGIN KEY-----\n  MIIEvQIBADANBg\n}\nshort\n-----END KEY-----"});
  EXPECT_EQ(on->redacted("1: -----BEGIN KEY-----\n2: MIIEvQIBADANBg\n3: }\n4: short\n5: -----END KEY-----\n"),
            "1: ***\n2: ***\n3: }\n4: short\n5: ***\n");
  EXPECT_EQ(on->redacted(R"({"key":"-----BEGIN KEY-----\n  MIIEvQIBADANBg\n}\nshort\n-----END KEY-----"})"),
            R"({"key":"***"})");
}

TEST(RedactorTest, BlanksAroundAValueAreNotNeeded) {
  EXPECT_EQ(redactor({" pass word\n\n"})->redacted("it is <pass word>"), "it is <***>");
}

TEST(RedactorTest, ShortValuesStay) {
  EXPECT_EQ(redactor({"", "a", "abc"})->redacted("abc a"), "abc a");
  EXPECT_EQ(redactor({"abcd"})->redacted("abcd"), "***");
}

TEST(RedactorTest, Base64WhereverItBegins) {
  // base64 of "user:tok-éß?>en-7719", "xuser…", "xyuser…": by coreutils.
  const auto on = redactor({"tok-éß?>en-7719"});
  for (const char* coded : {"dG9rLcOpw58/PmVuLTc3MTk=", "eHRvay3DqcOfPz5lbi03NzE5", "eHl0b2stw6nDnz8+ZW4tNzcxOQ==",
                            "dG9rLcOpw58_PmVuLTc3MTk", "dXNlcjp0b2stw6nDnz8+ZW4tNzcxOQ=="}) {
    const std::string left = on->redacted("Authorization: Basic "s + coded + " .");
    EXPECT_THAT(left, HasSubstr("***")) << coded;
    EXPECT_LE(left.size(), "Authorization: Basic  ."s.size() + 13) << left;  // of what stands before and behind it
  }
}

TEST(RedactorTest, RandomTextsAgreeWithAPlainSearch) {
  std::mt19937 random(7);
  const auto letters = [&](std::size_t n) {
    std::string text;
    while (text.size() < n) text += static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> values;
    for (unsigned n = 1 + random() % 3; n > 0; --n) values.push_back(letters(4 + random() % 5));
    const std::string text = letters(60) + ".";
    std::vector<bool> covered(text.size());
    for (const auto& value : values) {
      for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + 1)) {
        std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(at), value.size(), true);
      }
    }
    const std::string redacted = in_pieces(*redactor(values), text, 1 + random() % 20);
    std::string expected;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!covered[i]) expected += text[i];
    }
    std::string plain = redacted;
    std::erase(plain, '*');
    EXPECT_EQ(plain, expected) << text;
  }
}

TEST(RedactorTest, TakesTimeInProportionWhateverComes) {
  const std::string value = std::string(60000, 'a') + "b";
  const auto on = redactor({value, "token-" + std::string(40, 'x')});
  const std::string text = std::string(std::size_t{16} << 20, 'a');
  test::Stopwatch watch;
  EXPECT_EQ(in_pieces(*on, text + "\n", 65536).size(), text.size() + 1);
  EXPECT_LT(watch.seconds(), 2 * test::kSlowdown);
}

}  // namespace
}  // namespace boxcar
