#include "run/secrets.h"

#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdlib>

#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() { ::setenv("BOXCAR_TEST_TOKEN", "to-ken", 1); }
  ~SecretsTest() override { ::unsetenv("BOXCAR_TEST_TOKEN"); }

  std::string file(const std::string& name, std::string_view text, mode_t mode = 0600) {
    EXPECT_TRUE(write_file(directory_ / name, text));
    EXPECT_EQ(::chmod((directory_ / name).c_str(), mode), 0);
    return directory_ / name;
  }

  // What is said of steps a, b, … with one of these each.
  static std::vector<std::string> said(const std::vector<SecretReference>& references,
                                       const std::vector<bool>& wanted = {}) {
    Plan plan;
    plan.file = "flow.yml";
    for (const auto& reference : references) {
      auto options = std::make_shared<StepOptions>();
      options->secrets = {reference};
      plan.steps.emplace_back();
      plan.steps.back().name = std::string(1, static_cast<char>('a' + plan.steps.size() - 1));
      plan.steps.back().options = options;
    }
    Findings findings;
    check_secrets(plan, wanted, findings);
    std::vector<std::string> texts;
    for (const auto& finding : findings.all()) texts.push_back(finding.text());
    return texts;
  }

  const TemporaryDirectory directory_;
};

TEST_F(SecretsTest, AreReadFromVariablesAndFiles) {
  const auto secrets = read_secrets({{"A", "BOXCAR_TEST_TOKEN", "", {}},
                                     {"B", "", file("one", "value\n"), {}},
                                     {"C", "", file("two", "two\nlines\n\n"), {}},
                                     {"D", "", file("none", ""), {}}});
  ASSERT_TRUE(secrets) << secrets.error().text();
  std::vector<std::string> found;
  for (const auto& secret : *secrets) found.push_back(secret.name + "=" + secret.value);
  EXPECT_THAT(found, ElementsAre("A=to-ken", "B=value", "C=two\nlines\n", "D="));
}

TEST_F(SecretsTest, WhatCannotBeReadIsSaidAtOnceAndAtItsPlace) {
  EXPECT_THAT(
      said({{"A", "BOXCAR_TEST_TOKEN", "", {1, 1}},
            {"B", "BOXCAR_TEST_NONE", "", {2, 5}},
            {"C", "", directory_ / "none", {3, 5}},
            {"D", "", directory_.path(), {4, 5}},
            {"E", "", file("nul", std::string("abc\0def", 7)), {5, 5}},
            {"F", "", file("latin", "caf\xe9s"), {6, 5}},
            {"G", "", file("large", std::string((64 << 10) + 1, 'x')), {7, 5}},
            {"H", "", file("largest", std::string(64 << 10, 'x') + "\n"), {8, 5}}}),
      ElementsAre("flow.yml:2:5: step 'b', secret 'B': the variable BOXCAR_TEST_NONE is not set",
                  HasSubstr("flow.yml:3:5: step 'c', secret 'C': opening " + directory_ / "none"),
                  HasSubstr("step 'd', secret 'D': " + directory_.path() + " is no regular file"),
                  HasSubstr("step 'e', secret 'E': the value of " + directory_ / "nul" + " holds a NUL byte"),
                  HasSubstr("step 'f', secret 'F': the value of " + directory_ / "latin" + " is not UTF-8"),
                  HasSubstr("step 'g', secret 'G': the value of " + directory_ / "large" + " is longer than 64 KiB")));
}

TEST_F(SecretsTest, FilesOfEverybodyAndShortValuesAreWarnedOf) {
  EXPECT_THAT(said({{"A", "", file("open", "long enough", 0640), {1, 1}}, {"B", "", file("short", "abc\n"), {2, 2}}}),
              ElementsAre(HasSubstr("flow.yml:1:1: warning: step 'a', secret 'A': " +
                                    directory_ / "open can be read by others"),
                          HasSubstr("warning: step 'b', secret 'B': its value is too short to be kept out of logs")));
}

TEST_F(SecretsTest, StepsThatAreNotWantedNeedNone) {
  EXPECT_THAT(said({{"A", "BOXCAR_TEST_NONE", "", {}}}, {false}), IsEmpty());
}

TEST_F(SecretsTest, AnErrorOfTheAttemptNamesTheSecret) {
  const auto secrets = read_secrets({{"A", "BOXCAR_TEST_TOKEN", "", {}}, {"B", "BOXCAR_TEST_NONE", "", {}}});
  ASSERT_FALSE(secrets);
  EXPECT_EQ(secrets.error().text(), "secret 'B': the variable BOXCAR_TEST_NONE is not set");
}

TEST_F(SecretsTest, WhileTheyAreAboutThereAreNoCoreDumps) {
  Workflow workflow;
  workflow.steps.resize(2);
  {
    const SecretGuard guard(workflow);
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
  }
  workflow.steps[1].options = std::make_unique<StepOptions>();
  workflow.steps[1].options->secrets = {{"A", "BOXCAR_TEST_TOKEN", "", {}}};
  {
    const SecretGuard guard(workflow);
    EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
    EXPECT_STREQ(::getenv("BOXCAR_TEST_TOKEN"), "to-ken");
  }
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 1);
}

}  // namespace
}  // namespace boxcar
