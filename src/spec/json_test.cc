#include "spec/json.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace boxcar {
namespace {

std::string read(std::string_view text) {
  Findings findings;
  Report report("", findings);
  const auto tree = read_json(text, report);
  std::string out;
  for (const auto& finding : findings.all()) out += finding.text().substr(1) + "\n";  // ":1:2: …"
  if (!out.empty()) return out;
  const Node* node = &tree->root();
  for (const Node* end = node->next(); node != end; ++node) {  // all nodes, in the order of the document
    out += std::to_string(node->at.line) + ":" + std::to_string(node->at.column) + " " + node->described() + "\n";
  }
  return out;
}

TEST(Json, PlacesOfEverything) {
  EXPECT_EQ(read("{\"a\": [1, 2.5,\n  \"ä\", true], \"ü\" :{ }, \"n\":null}"),
            "1:1 a mapping\n1:2 the string \"a\"\n1:7 a list\n1:8 the int 1\n1:11 the float 2.5\n2:3 the string "
            "\"ä\"\n2:8 the bool "
            "true\n2:15 the string \"ü\"\n2:20 a mapping\n2:25 the string \"n\"\n2:29 nothing\n");
  EXPECT_EQ(read("\xEF\xBB\xBF  7"), "1:3 the int 7\n");
}

TEST(Json, Numbers) {
  EXPECT_EQ(read("-0"), "1:1 the int 0\n");
  EXPECT_EQ(read("1e2"), "1:1 the float 100.0\n");
  EXPECT_EQ(read("0.1"), "1:1 the float 0.1\n");
  EXPECT_EQ(read("-9223372036854775808"), "1:1 the int -9223372036854775808\n");
  EXPECT_EQ(read("9223372036854775808"),
            "1:1: '9223372036854775808' does not fit into an int of 64 bits; put it in quotes if text is meant\n");
  EXPECT_NE(read("01").find("nothing may follow"), std::string::npos);
  EXPECT_NE(read("+1").find("expected a JSON value"), std::string::npos);
}

TEST(Json, Strictness) {
  for (const auto* text : {"{\"a\": 1,}",
                           "[1,]",
                           "{a: 1}",
                           "{'a': 1}",
                           "[1 2]",
                           "// c\n1",
                           "\"a\nb\"",
                           "\"\\x41\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "{\"\\udfff\": 1}",
                           "NaN",
                           "Infinity",
                           "tru",
                           "",
                           "  ",
                           "{\"a\"",
                           "[",
                           "\"a",
                           "1 2",
                           "{\"a\": 1, \"a\": 2}"}) {
    EXPECT_NE(read(text).find(": "), std::string::npos) << text;
  }
  EXPECT_EQ(read("\"\\ud83d\\ude80\""), "1:1 the string \"🚀\"\n");
}

TEST(Json, CommasTooManyOrTooFewHideNothingElse) {
  const std::string value =
      ": expected a JSON value (text stands in double quotes; true, false, null; no comma before a closing bracket)\n";
  const std::string key = ": expected a key in double quotes (and no comma before a closing brace)\n";
  EXPECT_EQ(read("{\"a\": [1, 2,],\n \"b\" : {\"c\": 1 , } \"d\": [\"x,]\"\n{}]\n}"),
            "1:13" + value + "2:18" + key + "2:20: expected ',' or '}'\n3:1: expected ',' or ']'\n");
  EXPECT_EQ(read("[1,, 2]"), "1:4" + value);
  EXPECT_EQ(read("{, \"a\": 1}"), "1:2" + key);
  // What is wrong beside is said too, and once.
  EXPECT_EQ(read("{\"a\": 1, \"a\": 2, \"b\": 99999999999999999999,}"),
            "1:44" + key +
                "1:23: '99999999999999999999' does not fit into an int of 64 bits; put it in quotes if text is meant\n"
                "1:10: the key 'a' stands twice, first in line 1; keep one of them\n");
  // Up to what can't be mended; behind that nothing is sure.
  EXPECT_EQ(read("[1 2, tru, 3 4]"), "1:4: expected ',' or ']'\n1:10" + value);
  EXPECT_EQ(read("{\"a\": 1 // one,\n}"), "1:9: expected ',' or '}'\n");
  EXPECT_EQ(read("{\"a\": \"x, \"b\": 1}"), "1:12: expected ',' or '}'\n");
  EXPECT_EQ(read("{\"a\" \"b\"}"), "1:6: expected ':' after the key\n");
}

// As long as it takes to read them, however many there are.
TEST(Json, ManySlips) {
  std::string many = "[1";
  for (int i = 0; i < 500'000; ++i) many += " 1";
  const auto said = read(many + "]");
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1001);
  EXPECT_NE(read("[" + std::string(1'000'000, ',') + "]").find("more than 1000 findings"), std::string::npos);
}

TEST(Json, LimitsAreFindings) {
  EXPECT_EQ(read(std::string(100'000, '[')), "1:65: lists and mappings are nested more than 64 deep\n");
  EXPECT_EQ(read("[\"" + std::string(2 << 20, 'x') + "\"]"), "1:2: a text of 2097152 bytes, more than 1 MiB\n");
  std::string many = "[1";
  for (int i = 0; i < 1'000'000; ++i) many += ",1";
  EXPECT_EQ(read(many + "]"), "1:2000000: more than 1,000,000 values in one place\n");
}

TEST(Json, IsToldFromYaml) {
  EXPECT_TRUE(looks_like_json("{\"a\": 1}"));
  EXPECT_TRUE(looks_like_json(" \n{\n }"));
  EXPECT_TRUE(looks_like_json("[1]"));
  EXPECT_FALSE(looks_like_json("{a: 1}"));
  EXPECT_FALSE(looks_like_json("a: 1"));
  EXPECT_FALSE(looks_like_json(""));
}

}  // namespace
}  // namespace boxcar
