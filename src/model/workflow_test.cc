#include "model/workflow.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

std::string error_of(std::string_view text) {
  const auto source = parse_source(text);
  return source ? "no error" : source.error().message;
}

TEST(Source, Links) {
  const auto source = parse_source("predict/output/a/words.txt").value();
  const auto& link = std::get<Link>(source);
  EXPECT_EQ(link.step, "predict");
  EXPECT_EQ(link.port, "output");
  EXPECT_EQ(link.path, "a/words.txt");
  EXPECT_EQ(std::get<Link>(parse_source("a/b/").value()).path, "");
  EXPECT_EQ(std::get<Link>(parse_source("a/b").value()).port, "b");
}

TEST(Source, HostPaths) {
  for (const auto* path : {"/data", "./x", "../x", "~/x", ".", "..", "~", "/"}) {
    EXPECT_EQ(std::get<HostPath>(parse_source(path).value()).path, path);
  }
}

TEST(Source, References) {
  EXPECT_EQ(std::get<InputReference>(parse_source("${inputs.sky}").value()).name, "sky");
  EXPECT_EQ(error_of("${inputs.sky}/sub"),
            "expected ${inputs.NAME} and nothing beside it, found \"${inputs.sky}/sub\"");
  EXPECT_EQ(error_of("${params.x}"), "expected ${inputs.NAME} and nothing beside it, found \"${params.x}\"");
  EXPECT_EQ(error_of("${inputs.}"), "expected ${inputs.NAME} and nothing beside it, found \"${inputs.}\"");
}

TEST(Source, Malformed) {
  for (const auto* text : {"", "predict", "predict/", "a//b"}) {
    EXPECT_EQ(error_of(text), std::string("expected STEP/PORT, a path of the host (./…, ../…, /… or ~/…) or "
                                          "${inputs.NAME}, found \"") +
                                  text + "\"");
  }
  EXPECT_EQ(error_of("a/b/../c"), "the path within a/b may not hold \"..\", found \"a/b/../c\"");
  EXPECT_EQ(error_of("a/b//c"), "the path within a/b may not hold \"//\", found \"a/b//c\"");
}

TEST(Source, TextGoesBothWays) {
  for (const auto* text : {"a/b", "a/b/c/d", "./x y", "${inputs.n}"}) {
    EXPECT_EQ(text_of(parse_source(text).value()), text);
  }
}

TEST(Step, WithoutOptionsHasTheDefaults) {
  Step step;
  EXPECT_TRUE(step.settings().network);
  EXPECT_TRUE(step.settings().cache.enabled);
  step.options = std::make_unique<StepOptions>();
  step.options->retries = 3;
  EXPECT_EQ(step.settings().retries, 3);
}

}  // namespace
}  // namespace boxcar
