#include "spec/yaml.h"

#include <gtest/gtest.h>

#include "fakes/stopwatch.h"

namespace boxcar {
namespace {

// The tree written as JSON, or the findings.
std::string shown(const Node& node) {
  if (node.is_scalar()) return node.scalar().json();
  std::string out;
  if (node.is_sequence()) {
    for (const auto& item : Items(node)) out += (out.empty() ? "" : ",") + shown(item);
    return "[" + out + "]";
  }
  for (const auto& [key, value] : Pairs(node)) out += (out.empty() ? "" : ",") + key.text + ":" + shown(value);
  return "{" + out + "}";
}

std::string read(std::string_view text, YamlVersion version = YamlVersion::V12) {
  Findings findings;
  Report report("", findings);
  const auto tree = read_yaml(text, version, report);
  if (findings.all().empty()) return shown(tree->root());
  std::string out;
  for (const auto& finding : findings.all()) out += finding.text().substr(1) + "\n";  // ":1:2: …"
  return out;
}

// What PyYAML 5 and 6 make of these, looked up there.
TEST(Yaml, PlainScalarsOf11AsPyYamlReadsThem) {
  const std::pair<const char*, const char*> cases[] = {{"yes", "true"},
                                                       {"No", "false"},
                                                       {"ON", "true"},
                                                       {"oFF", "\"oFF\""},
                                                       {"y", "\"y\""},
                                                       {"~", "null"},
                                                       {"NULL", "null"},
                                                       {"017", "15"},
                                                       {"-017", "-15"},
                                                       {"08", "\"08\""},
                                                       {"0", "0"},
                                                       {"-0", "0"},
                                                       {"+12", "12"},
                                                       {"0o17", "\"0o17\""},
                                                       {"0b101", "5"},
                                                       {"0x_1F", "31"},
                                                       {"1_000", "1000"},
                                                       {"_1", "\"_1\""},
                                                       {"12:30", "750"},
                                                       {"12:60", "\"12:60\""},
                                                       {"1:2:3", "3723"},
                                                       {"01:30", "\"01:30\""},
                                                       {"12:30.5", "750.5"},
                                                       {"-1:30", "-90"},
                                                       {"1e3", "\"1e3\""},
                                                       {"1.0e3", "\"1.0e3\""},
                                                       {"1.0e+3", "1000.0"},
                                                       {"1.e-1", "0.1"},
                                                       {"1.", "1.0"},
                                                       {".5", "0.5"},
                                                       {"-.5", "\"-.5\""},
                                                       {".", "\".\""},
                                                       {"1.5.2", "\"1.5.2\""},
                                                       {"2017-01-31", "\"2017-01-31\""},
                                                       {"1_0.2_5", "10.25"},
                                                       {"--1", "\"--1\""},
                                                       {"1-2", "\"1-2\""},
                                                       {"0.0", "0.0"}};
  for (const auto& [text, expected] : cases) {
    Findings findings;
    Report report("", findings);
    const auto tree = read_yaml(text, YamlVersion::V11, report);
    ASSERT_TRUE(tree && findings.ok()) << text;
    EXPECT_EQ(shown(tree->root()), expected) << text;
  }
}

TEST(Yaml, PlainScalarsOf12) {
  EXPECT_EQ(
      read("[yes, 017, 0o17, 0x1f, 1_000, 12:30, 1e3, .5, +.5, 1., ., -, +, 0x, 0o8, 1e, 2.5E-1, 0b1, ~, TRUE, tRUE]"),
      "[\"yes\",17,15,31,\"1_000\",\"12:30\",1000.0,0.5,0.5,1.0,\".\",\"-\",\"+\",\"0x\",\"0o8\",\"1e\",0.25,\"0b1\","
      "null,true,"
      "\"tRUE\"]");
}

TEST(Yaml, WarnsOnlyWhereTheVersionsDiffer) {
  for (const auto* text : {"true", "10", "1.5", "null", "some text", "\"yes\"", "0", "0x1F", "1.0e+3"}) {
    EXPECT_EQ(read(text, YamlVersion::V11).find("warning"), std::string::npos) << text;
  }
  for (const auto* text : {"yes", "017", "1_000", "12:30", "1e3", "0o17", "08", "0b1", "2017-01-31"}) {
    EXPECT_NE(read(text, YamlVersion::V11).find("warning"), std::string::npos) << text;
  }
}

TEST(Yaml, ColumnsCountCharacters) {
  EXPECT_EQ(read("\"äöü\": @x\n"), "1:8: a value can't begin with '@'; put it in quotes\n");
  EXPECT_EQ(read("\xEF\xBB\xBF\"ä\": @x\n"), "1:6: a value can't begin with '@'; put it in quotes\n");
  EXPECT_EQ(read("a: 1\r\n\"🚀\": @x\r\n"), "2:6: a value can't begin with '@'; put it in quotes\n");
}

TEST(Yaml, AliasesRepeatAndMergeKeysMerge) {
  EXPECT_EQ(read("a: &x {n: [1, 2]}\nb: *x\nc: [*x, *x]\n"), "{a:{n:[1,2]},b:{n:[1,2]},c:[{n:[1,2]},{n:[1,2]}]}");
  EXPECT_EQ(read("a: &x 1\nb: &x 2\nc: *x\n"), "{a:1,b:2,c:2}");
  EXPECT_EQ(read("&k key: v\nother: *k\n"), "{key:\"v\",other:\"key\"}");
  EXPECT_EQ(
      read("a: &a {x: 1, y: {z: 2}}\nb: {y: 5, <<: *a}\nc: {<<: [{x: 7}, *a]}\nd: {\"<<\": 1}\n", YamlVersion::V11),
      "{a:{x:1,y:{z:2}},b:{y:5,x:1},c:{x:7,y:{z:2}},d:{<<:1}}");
}

TEST(Yaml, LimitsAreFindings) {
  EXPECT_EQ(read(std::string(17 << 20, 'x')), "1:1: the document has 17825792 bytes, more than 16 MiB\n");
  EXPECT_EQ(read("a: " + std::string(2 << 20, 'x')), "1:4: a text of 2097152 bytes, more than 1 MiB\n");
  EXPECT_EQ(read("a: '" + std::string(1 << 20, 'x') + "'").size(), (1u << 20) + 6);
  std::string many = "[";
  for (int i = 0; i < 1'000'001; ++i) many += "1,";
  EXPECT_EQ(read(many + "]"), "1:2000000: more than 1,000,000 values in one place\n");
  std::string wide = "a: &a {";
  for (int i = 0; i < 5000; ++i) wide += "k" + std::to_string(i) + ": 1,";
  wide += "}\nb: [";
  for (int i = 0; i < 11; ++i) wide += "*a,";
  EXPECT_EQ(read(wide + "]"), "2:32: the aliases up to here stand for more than 100,000 values or 16 MiB of text\n");
  std::string large = "a: &a " + std::string(1 << 20, 'x') + "\nb: [";
  for (int i = 0; i < 17; ++i) large += "*a,";
  EXPECT_EQ(read(large + "]"), "2:53: the aliases up to here stand for more than 100,000 values or 16 MiB of text\n");
}

TEST(Yaml, SixtyFourLevelsAreAllowed) {
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(read(nested(64)), nested(64));
  EXPECT_EQ(read(nested(65)), "1:65: lists and mappings are nested more than 64 deep\n");
  EXPECT_EQ(read(nested(1'000'000)), "1:65: lists and mappings are nested more than 64 deep\n");
}

TEST(Yaml, EndsAfterAThousandFindings) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "- !x 1\n";
  Findings findings;
  Report report("", findings);
  read_yaml(text, YamlVersion::V12, report);
  ASSERT_EQ(findings.all().size(), 1001u);
  EXPECT_EQ(findings.all().back().text(), ":1001:3: more than 1000 findings; the rest is not shown");
}

// Many keys, and many keys that stand twice: not quadratic.
TEST(Yaml, LargeMappingsAreReadInProportion) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "key" + std::to_string(i) + ": " + std::to_string(i) + "\n";
  const test::Stopwatch watch;
  EXPECT_EQ(read(text).front(), '{');
  EXPECT_EQ(read(text + "key7: 0\n"), "200001:1: the key 'key7' stands twice, first in line 8; keep one of them\n");
  EXPECT_LT(watch.seconds(), 10 * test::kSlowdown);
}

TEST(Yaml, StreamsKeyByKey) {
  Findings findings;
  Report report("", findings);
  YamlStream yaml("a: {x: [1, 2], y: 3}\nb: &n {z: 4}\n[c]: 5\nd: *n\n", YamlVersion::V12, report);
  Tree tree;
  ASSERT_TRUE(yaml.open());
  ASSERT_TRUE(yaml.enter_mapping());
  ASSERT_EQ(yaml.next_key()->text, "a");
  ASSERT_TRUE(yaml.enter_mapping());
  ASSERT_EQ(yaml.next_key()->text, "x");
  ASSERT_TRUE(yaml.skip());
  ASSERT_EQ(yaml.next_key()->text, "y");
  ASSERT_TRUE(yaml.read(tree));
  EXPECT_EQ(shown(tree.root()), "3");
  EXPECT_EQ(yaml.next_key(), nullptr);
  EXPECT_FALSE(yaml.failed());
  const auto* b = yaml.next_key();
  ASSERT_EQ(b->text, "b");
  EXPECT_EQ(b->at, (Position{2, 1}));
  EXPECT_FALSE(yaml.enter_mapping()) << "it has an anchor";
  ASSERT_TRUE(yaml.read(tree));
  ASSERT_EQ(yaml.next_key()->text, "d") << "a list is no key; it is reported";
  ASSERT_TRUE(yaml.read(tree));
  EXPECT_EQ(shown(tree.root()), "{z:4}");
  EXPECT_EQ(yaml.next_key(), nullptr);
  EXPECT_TRUE(yaml.close());
  ASSERT_EQ(findings.all().size(), 1u);
  EXPECT_EQ(findings.all()[0].text(), ":3:1: a key must be text, found a list");
}

}  // namespace
}  // namespace boxcar
