#include "plan/action.h"
#include "plan/test_support.h"

namespace boxcar {
namespace {

std::string difference(const std::vector<KeyField>& before, const std::vector<KeyField>& now) {
  return first_difference(before, now);
}

std::string parameters(const std::string& before, const std::string& now) {
  return first_difference({{"parameters", before}}, {{"parameters", now}});
}

TEST(Explain, Parameters) {
  EXPECT_EQ(parameters(R"({"a": 1, "tel": "meerkat"})", R"({"a": 1, "tel": "kat-7"})"),
            R"(parameter tel: was "meerkat", is "kat-7")");
  EXPECT_EQ(parameters(R"({"a": 1})", R"({"a": 1.0})"), "parameter a: was 1, is 1.0");
  EXPECT_EQ(parameters(R"({"a": [1]})", R"({"a": [1, 2]})"), "parameter a: was [1], is [1,2]");
  EXPECT_EQ(parameters(R"({})", R"({"b": null})"), "parameter b is new: null");
  EXPECT_EQ(parameters(R"({"b": true})", R"({})"), "parameter b is gone: it was true");
  EXPECT_EQ(parameters("", "{}"), "the tool reads parameters now");
  EXPECT_EQ(parameters("{}", ""), "the tool reads no parameters any more");
  EXPECT_EQ(parameters("{\"a\": 1}", "{\"a\":1}"), "the parameters are written differently");
  EXPECT_EQ(parameters(R"({"a": ")" + std::string(500, 'x') + "\"}", R"({"a": 1})"),
            "parameter a: was \"" + std::string(79, 'x') + "…, is 1");
}

TEST(Explain, TheFirstFieldInTheOrderOfTheKey) {
  EXPECT_EQ(difference({{"image", "1"}, {"user", "a"}}, {{"image", "2"}, {"user", "b"}}), "the image differs");
  EXPECT_EQ(difference({{"image", "1"}, {"user", "a"}}, {{"image", "1"}, {"user", "a"}}), "");
}

TEST(Explain, FieldsThatCameAndWent) {
  const KeyField user{"user", ""};
  EXPECT_EQ(difference({{"argv.0", "a"}, user}, {{"argv.0", "a"}, {"argv.1", "b"}, user}), "argument 1 is new: \"b\"");
  EXPECT_EQ(difference({{"argv.0", "a"}, {"argv.1", "b"}, user}, {{"argv.0", "a"}, user}),
            "argument 1 is gone: it was \"b\"");
  EXPECT_EQ(difference({user}, {user, {"output.x.kind", "file"}}), "output x is new");
  EXPECT_EQ(difference({user, {"output.x.kind", "file"}}, {user}), "output x is gone");
  EXPECT_EQ(difference({{"output.x.direct", "true"}}, {}), "output x: it is no longer written into your own directory");
}

TEST(Explain, EachKindOfField) {
  const auto changed = [](const std::string& name, const std::string& before, const std::string& now) {
    return first_difference({{name, before}}, {{name, now}});
  };
  EXPECT_EQ(changed("platform", "linux/amd64", "linux/arm64"), "the platform: was linux/amd64, is linux/arm64");
  EXPECT_EQ(changed("parameters_path", "/a", "/b"), R"(the path of the parameters: was "/a", is "/b")");
  EXPECT_EQ(changed("input.ms.content", "sha256:1", "sha256:2"), "input ms: its content differs");
  EXPECT_EQ(changed("input.a.b.content", "sha256:1", "sha256:2"), "input a.b: its content differs");
  EXPECT_EQ(changed("input.ms.content", "none", "sha256:2"), "input ms: nothing fed it, now something does");
  EXPECT_EQ(changed("input.ms.content", "sha256:2", "none"), "input ms: nothing feeds it any more");
  EXPECT_EQ(changed("input.ms.kind", "file", "directory"), "input ms: its kind: was file, is directory");
  EXPECT_EQ(changed("input.ms.path", "/a", "/b"), R"(input ms: its path: was "/a", is "/b")");
  EXPECT_EQ(changed("input.ms.required", "true", "false"), "input ms is optional now");
  EXPECT_EQ(changed("output.ms.required", "false", "true"), "output ms is required now");
  EXPECT_EQ(changed("output.ms.works_on", "", "in"), R"(output ms: the input it works on: was "", is "in")");
  EXPECT_EQ(changed("argv.2", "a\n", "b"), R"(argument 2: was "a\n", is "b")");
  EXPECT_EQ(changed("env.PATH", "/a", "/b"), R"(environment variable PATH: was "/a", is "/b")");
  EXPECT_EQ(changed("user", "", "1000"), R"(the user: was "", is "1000")");
  EXPECT_EQ(changed("working_dir", "/", "/w"), R"(the working directory: was "/", is "/w")");
  EXPECT_EQ(changed("network", "on", "off"), "the network: was on, is off");
  EXPECT_EQ(changed("gpu", "false", "true"), "it gets a GPU now");
  EXPECT_EQ(changed("gpu", "true", "false"), "it gets no GPU any more");
  EXPECT_EQ(changed("later", "1", "2"), R"(later: was "1", is "2")");
  EXPECT_EQ(first_difference({}, {{"secret.TOKEN", ""}}), "secret TOKEN is new");
  EXPECT_EQ(first_difference({{"secret.TOKEN", ""}}, {}), "secret TOKEN is gone");
}

}  // namespace
}  // namespace boxcar
