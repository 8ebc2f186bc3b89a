// The JSON Schema that editors use knows the same keys as the reader.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/fd.h"
#include "spec/json.h"
#include "spec/reader.h"

namespace boxcar {
namespace {

const Node& at(const Node& node, std::initializer_list<std::string_view> path) {
  const Node* here = &node;
  for (const auto& key : path) {
    here = Pairs(*here).find(key);
    if (here == nullptr) throw std::runtime_error("the schema lacks " + std::string(key));
  }
  return *here;
}

std::vector<std::string> keys_of(const Node& properties) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : Pairs(properties)) keys.push_back(key.text);
  std::sort(keys.begin(), keys.end());
  return keys;
}

// The reader lists the keys it knows when it meets one that is like none of them.
std::vector<std::string> keys_the_reader_knows(const std::string& text) {
  Findings findings;
  read_workflow({"x", text}, "/", findings);
  std::vector<std::string> keys;
  for (const auto& finding : findings.all()) {
    auto rest = finding.message.find("; expected ");
    if (finding.message.find("'QQQQQQQQ'") == std::string::npos || rest == std::string::npos) continue;
    while ((rest = finding.message.find('\'', rest)) != std::string::npos) {
      const auto end = finding.message.find('\'', rest + 1);
      keys.push_back(finding.message.substr(rest + 1, end - rest - 1));
      rest = end + 1;
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

TEST(Schema, KnowsTheKeysOfTheReader) {
  const auto text = read_file(std::string(BOXCAR_SOURCE_DIR) + "/share/workflow.schema.json").value();
  Findings findings;
  Report report("schema", findings);
  const auto tree = read_json(text, report);
  ASSERT_TRUE(tree && findings.ok());
  const auto& schema = tree->root();
  const auto defined = [&](std::string_view name) { return keys_of(at(schema, {"definitions", name, "properties"})); };
  EXPECT_EQ(keys_of(at(schema, {"properties"})), keys_the_reader_knows("QQQQQQQQ: 1\n"));
  EXPECT_EQ(defined("step"), keys_the_reader_knows("steps: {a: {QQQQQQQQ: 1}}"));
  EXPECT_EQ(defined("resources"), keys_the_reader_knows("steps: {a: {resources: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("cache"), keys_the_reader_knows("steps: {a: {cache: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("secret"), keys_the_reader_knows("steps: {a: {secrets: {A: {QQQQQQQQ: x}}}}"));
  EXPECT_EQ(defined("tool"), keys_the_reader_knows("steps: {a: {tool: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("port"), keys_the_reader_knows("steps: {a: {tool: {inputs: {p: {QQQQQQQQ: 1}}}}}"));
  EXPECT_EQ(defined("parameter"), keys_the_reader_knows("steps: {a: {tool: {params: {p: {QQQQQQQQ: 1}}}}}"));
  EXPECT_EQ(defined("input"), keys_the_reader_knows("inputs: {p: {QQQQQQQQ: 1}}\nsteps: {a: {image: x}}"));
}

}  // namespace
}  // namespace boxcar
