// The JSON Schemas that editors use know the same keys as the readers. tests/schemas.py holds them against the corpora.
#include <gtest/gtest.h>

#include <algorithm>

#include "spec/json.h"
#include "spec/reader.h"
#include "spec/schemas.h"

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
std::vector<std::string> keys_in(const Findings& findings) {
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

std::vector<std::string> keys_the_reader_knows(const std::string& text) {
  Findings findings;
  read_workflow({"x", text}, "/", findings);
  return keys_in(findings);
}

std::vector<std::string> keys_of_kliko(const std::string& text) {
  Findings findings;
  read_kliko({"x", text}, findings);
  return keys_in(findings);
}

Tree schema_of(std::string_view name) {
  const auto all = schemas();
  const auto row = std::find_if(all.begin(), all.end(), [&](const SchemaRow& one) { return one.name == name; });
  Findings findings;
  Report report("schema", findings);
  auto tree = read_json(row->text, report);
  if (!tree || !findings.ok()) throw std::runtime_error(std::string(name) + ": " + findings.all()[0].text());
  return *std::move(tree);
}

// Of Kaapana's documents a reader passes unknown keys over, with a warning: of `probes` those of which it does not,
// where they stand in place of the Q in `text`.
std::vector<std::string> keys_passed(const std::vector<std::string>& probes, const std::string& text) {
  std::vector<std::string> known;
  for (const auto& probe : probes) {
    std::string tried = text;
    tried.replace(tried.find('Q'), 1, "\"" + probe + "\": null");
    Findings findings;
    text.find("taskTemplate") == std::string::npos ? void(read_processing_container({"x", tried}, findings))
                                                   : void(read_task({"x", tried}, {"/", {}}, findings));
    const auto unknown = [&](const Finding& one) {
      return one.message.find("unknown key '" + probe + "'") != std::string::npos;
    };
    if (std::none_of(findings.all().begin(), findings.all().end(), unknown)) known.push_back(probe);
  }
  return known;
}

TEST(Schema, KnowsTheKeysOfTheReader) {
  const Tree tree = schema_of("workflow");
  const auto& schema = tree.root();
  const auto defined = [&](std::string_view name) { return keys_of(at(schema, {"definitions", name, "properties"})); };
  EXPECT_EQ(keys_of(at(schema, {"properties"})), keys_the_reader_knows("QQQQQQQQ: 1\n"));
  EXPECT_EQ(defined("step"), keys_the_reader_knows("steps: {a: {QQQQQQQQ: 1}}"));
  EXPECT_EQ(defined("resources"), keys_the_reader_knows("steps: {a: {resources: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("amounts"), keys_the_reader_knows("steps: {a: {resources: {requests: {QQQQQQQQ: 1}}}}"));
  EXPECT_EQ(defined("scale_rule"), keys_the_reader_knows("steps: {a: {resources: {scale: {p: {QQQQQQQQ: 1}}}}}"));
  EXPECT_EQ(defined("cache"), keys_the_reader_knows("steps: {a: {cache: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("secret"), keys_the_reader_knows("steps: {a: {secrets: {A: {QQQQQQQQ: x}}}}"));
  EXPECT_EQ(defined("tool"), keys_the_reader_knows("steps: {a: {tool: {QQQQQQQQ: 1}}}"));
  EXPECT_EQ(defined("port"), keys_the_reader_knows("steps: {a: {tool: {inputs: {p: {QQQQQQQQ: 1}}}}}"));
  EXPECT_EQ(defined("parameter"), keys_the_reader_knows("steps: {a: {tool: {params: {p: {QQQQQQQQ: 1}}}}}"));
  EXPECT_EQ(defined("input"), keys_the_reader_knows("inputs: {p: {QQQQQQQQ: 1}}\nsteps: {a: {image: x}}"));
}

TEST(Schema, OfKlikoKnowsTheKeysOfTheReader) {
  const Tree tree = schema_of("kliko");
  const auto& schema = tree.root();
  const auto defined = [&](std::string_view name) { return keys_of(at(schema, {"definitions", name, "properties"})); };
  EXPECT_EQ(keys_of(at(schema, {"properties"})), keys_of_kliko("QQQQQQQQ: 1\n"));
  EXPECT_EQ(defined("section"), keys_of_kliko("sections: [{QQQQQQQQ: 1}]"));
  EXPECT_EQ(defined("field"), keys_of_kliko("sections: [{fields: [{QQQQQQQQ: 1}]}]"));
}

TEST(Schema, OfKaapanasDocumentsKnowTheKeysOfTheReaders) {
  const Tree pc = schema_of("pc");
  const Tree task = schema_of("task");
  // Every key that is one somewhere.
  std::vector<std::string> probes;
  for (const auto* root : {&pc.root(), &task.root()}) {
    for (const auto& key : keys_of(at(*root, {"properties"}))) probes.push_back(key);
    for (const auto& [name, definition] : Pairs(at(*root, {"definitions"}))) {
      const auto* properties = Pairs(definition).find("properties");
      if (properties == nullptr) continue;
      for (const auto& key : keys_of(*properties)) probes.push_back(key);
    }
  }
  std::sort(probes.begin(), probes.end());
  probes.erase(std::unique(probes.begin(), probes.end()), probes.end());
  const auto defined = [&](const Tree& tree, std::string_view name) {
    return keys_of(at(tree.root(), {"definitions", name, "properties"}));
  };
  EXPECT_EQ(keys_of(at(pc.root(), {"properties"})), keys_passed(probes, "{Q}"));
  EXPECT_EQ(defined(pc, "template"), keys_passed(probes, R"({"templates": [{Q}]})"));
  EXPECT_EQ(defined(pc, "channel"), keys_passed(probes, R"({"templates": [{"inputs": [{Q}]}]})"));
  EXPECT_EQ(defined(pc, "channel"), keys_passed(probes, R"({"templates": [{"outputs": [{Q}]}]})"));
  EXPECT_EQ(defined(pc, "variable"), keys_passed(probes, R"({"templates": [{"env": [{Q}]}]})"));
  EXPECT_EQ(defined(pc, "rule"), keys_passed(probes, R"({"templates": [{"inputs": [{"scale_rule": {Q}}]}]})"));
  EXPECT_EQ(defined(pc, "resources"), keys_passed(probes, R"({"templates": [{"resources": {Q}}]})"));
  EXPECT_EQ(defined(task, "volume"), keys_passed(probes, R"({"taskTemplate": "t", "inputs": [{Q}]})"));
  EXPECT_EQ(defined(task, "volume"), keys_passed(probes, R"({"taskTemplate": "t", "outputs": [{Q}]})"));
  EXPECT_EQ(defined(task, "source"),
            keys_passed(probes, R"({"taskTemplate": "t", "inputs": [{"volume_source": {Q}}]})"));
  EXPECT_EQ(defined(task, "value"), keys_passed(probes, R"({"taskTemplate": "t", "env": [{Q}]})"));
  EXPECT_EQ(defined(task, "config"), keys_passed(probes, R"({"taskTemplate": "t", "config": {Q}})"));
  EXPECT_EQ(defined(task, "resources"), keys_passed(probes, R"({"taskTemplate": "t", "resources": {Q}})"));
  EXPECT_EQ(defined(task, "template"), keys_passed(probes, R"({"taskTemplate": {Q}})"));
  std::vector<std::string> of_task = keys_passed(probes, R"({Q, "x": "taskTemplate"})");
  EXPECT_EQ(keys_of(at(task.root(), {"properties"})), of_task);
}

}  // namespace
}  // namespace boxcar
