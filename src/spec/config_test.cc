#include "spec/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace boxcar {
namespace {

TEST(Config, SaysWhatHoldsWhereACallSaysNothing) {
  Findings findings;
  const auto config = read_config({"config.yml", "engine: podman\npull: never\njobs: 4\ngrace: 30s\n"}, findings);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->engine, "podman");
  EXPECT_EQ(config->pull, "never");
  EXPECT_EQ(config->jobs, 4U);
  EXPECT_EQ(config->grace, Seconds(30));
}

TEST(Config, MayBeEmpty) {
  for (const char* text : {"", "\n", "# nothing yet\n"}) {
    Findings findings;
    const auto config = read_config({"config.yml", text}, findings);
    ASSERT_TRUE(config) << text;
    EXPECT_EQ(config->engine, "");
    EXPECT_FALSE(config->jobs);
  }
}

TEST(Config, SaysAllThatIsWrongWithItsPlace) {
  Findings findings;
  EXPECT_FALSE(read_config({"config.yml", "engine: dokcer\njobs: 0\nstroe: x\n"}, findings));
  std::string text;
  findings.sort();
  for (const auto& finding : findings.all()) text += finding.text() + "\n";
  EXPECT_THAT(text, testing::HasSubstr("config.yml:1:9"));
  EXPECT_THAT(text, testing::HasSubstr("config.yml:2:7"));
  EXPECT_THAT(text, testing::HasSubstr("config.yml:3:1"));
}

}  // namespace
}  // namespace boxcar
