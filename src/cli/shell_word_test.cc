#include "cli/shell_word.h"

#include <gtest/gtest.h>

#include "base/process.h"

namespace boxcar {
namespace {

TEST(ShellWords, AreQuotedWhereTheyNeedIt) {
  EXPECT_EQ(shell_words({"sh", "-c", "a b"}), "sh -c 'a b'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("a;b"), "'a;b'");
  EXPECT_EQ(shell_word("a\nb"), "$'a\\nb'");
  EXPECT_EQ(shell_word("\x1b[2J"), "$'\\033[2J'");
}

TEST(ShellWords, AreWhatAShellReads) {
  std::string every;
  for (int c = 1; c < 256; ++c) every += static_cast<char>(c);
  const std::vector<std::string> words = {"a b",   "$HOME", "`id`", "a\\b", "*",    "~",      "#x", "!!",
                                          "{a,b}", "ü x",   "",     "'",    "a'\n", "\03333", every};
  SpawnOptions options;
  options.argv = {"bash", "-c", "printf '%s\\0' " + shell_words(words)};
  const auto done = run_program(options);
  ASSERT_TRUE(done);
  std::string wanted;
  for (const auto& word : words) wanted.append(word).push_back('\0');
  EXPECT_EQ(done->out, wanted) << done->err;
}

}  // namespace
}  // namespace boxcar
