#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/reader.h"

namespace boxcar {
namespace {

using testing::EndsWith;

std::string said(const std::string& text) {
  Findings findings;
  validate_document({"f", text}, {"/", {}}, findings);
  std::string out;
  for (const auto& finding : findings.all()) out += finding.text() + "\n";
  return out;
}

TEST(Detect, ByTopLevelKeys) {
  EXPECT_EQ(detect_format({"x", "schema_version: 4\nio: split\n"}), Format::Kliko);
  EXPECT_EQ(detect_format({"x", "name: a\nio: split\n"}), Format::Kliko);
  EXPECT_EQ(detect_format({"x", "workflow: a\n"}), Format::Workflow);
  EXPECT_EQ(detect_format({"kliko.yml", "inputs: {io: {type: int}}\nsteps: {}\n"}), Format::Workflow);
  EXPECT_EQ(detect_format({"x", "{\"tel\": \"a\", \"n\": [1, 2]}"}), Format::KlikoParameters);
  EXPECT_EQ(detect_format({"x", "{\"tel\": {\"a\": 1}}"}), Format::Unknown);
  EXPECT_EQ(detect_format({"x", "tel: a\n"}), Format::Unknown);
  EXPECT_EQ(detect_format({"x", "- workflow\n"}), Format::Unknown);
  EXPECT_EQ(detect_format({"x", ""}), Format::Unknown);
  EXPECT_EQ(detect_format({"x", "a: [\n"}), Format::Unknown);
}

TEST(Detect, ByTheUsualNameWhereNoKeyTells) {
  EXPECT_EQ(detect_format({"a/task.json", "{}"}), Format::Task);
  EXPECT_EQ(detect_format({"task.json", "{"}), Format::Task);
  EXPECT_EQ(detect_format({"img:/processing-container.json", R"({"name": "x", "description": "d", "template": []})"}),
            Format::ProcessingContainer);
  EXPECT_EQ(detect_format({"kliko.yml", "name: a\n"}), Format::Kliko);
  EXPECT_EQ(detect_format({"boxcar.yml", "stps: {}\n"}), Format::Workflow);
  EXPECT_EQ(detect_format({"parameters.json", "{}"}), Format::KlikoParameters);
  EXPECT_EQ(detect_format({"x.json", "{}"}), Format::Unknown);
}

TEST(Detect, ByWhatItResemblesMost) {
  constexpr auto task = R"({"name": "a", "image": "b", "inputs": [], "outputs": [], "env": []})";
  EXPECT_EQ(detect_format({"x", task}), Format::Task);
  EXPECT_EQ(detect_format({"x", R"({"name": "a", "tasktemplate": "t"})"}), Format::Task);
  EXPECT_EQ(detect_format({"x", R"({"image": "b", "threshold": 1})"}), Format::KlikoParameters);
  EXPECT_EQ(detect_format({"x", R"({"name": "x", "description": "d", "template": [{"identifier": "a"}]})"}),
            Format::ProcessingContainer);
  EXPECT_EQ(detect_format({"x", R"({"name": "x", "description": "d", "template": "t"})"}), Format::KlikoParameters);
  EXPECT_EQ(detect_format({"x", "stpes: {a: {image: x}}\n"}), Format::Workflow);
  EXPECT_EQ(detect_format({"x", "\n{% set a = 1 %}{}"}), Format::Task);
  EXPECT_EQ(detect_format({"x", "{# a task #}{}"}), Format::Task);
  EXPECT_EQ(detect_format({"x", R"({"name": "a", "image": {% if x %}"b"{% endif %}})"}), Format::Task);
}

TEST(Validate, SaysWhatATaskLacks) {
  EXPECT_THAT(said(R"({"name": "a", "image": "b", "inputs": [], "outputs": [], "env": [], "tasktemplate": "t"})"),
              testing::HasSubstr("unknown key 'tasktemplate' (did you mean 'taskTemplate'?)"));
  EXPECT_THAT(said(R"({"name": "a", "image": "b", "inputs": [{"name": "i"}]})"),
              testing::HasSubstr("lacks the key 'taskTemplate'"));
}

TEST(Validate, GivesWhatItRead) {
  Findings findings;
  const auto tool =
      validate_document({"f", "schema_version: 3\nname: a\nio: join\nsections: []\n"}, {"/", {}}, findings);
  EXPECT_EQ(tool.format, Format::Kliko);
  ASSERT_EQ(tool.tools.size(), 1U);
  EXPECT_EQ(tool.tools[0].schema_version, 3);
  EXPECT_FALSE(tool.workflow);
  const auto workflow = validate_document({"f", "steps: {a: {image: b}}\n"}, {"/data", {}}, findings);
  EXPECT_EQ(workflow.format, Format::Workflow);
  ASSERT_TRUE(workflow.workflow);
  EXPECT_EQ(workflow.workflow->directory, "/data");
  EXPECT_TRUE(workflow.tools.empty());
  EXPECT_TRUE(findings.ok());
}

// What stands after the telling key does not matter, so that a large workflow is not read twice.
TEST(Detect, StopsAtTheFirstSign) {
  EXPECT_EQ(detect_format({"x", "workflow: a\nsteps: {a: [}"}), Format::Workflow);
}

TEST(Detect, EveryFormatHasARow) {
  for (const auto format :
       {Format::Kliko, Format::KlikoParameters, Format::ProcessingContainer, Format::Task, Format::Workflow}) {
    EXPECT_EQ(
        std::count_if(formats().begin(), formats().end(), [&](const FormatRow& row) { return row.format == format; }),
        1);
  }
}

TEST(Validate, SaysWhyADocumentIsUnknown) {
  EXPECT_EQ(said("a: [\n"), "f:2:1: expected a value here\n");
  EXPECT_EQ(said("{\"a\": }"),
            "f:1:7: expected a JSON value (text stands in double quotes; true, false, null; no comma before a closing "
            "bracket)\n");
  EXPECT_EQ(said("a: 1\n"),
            "f:1:1: this is none of the formats that boxcar reads: a workflow has the keys 'workflow' and 'steps', a "
            "kliko.yml 'schema_version', 'io' and 'sections', a processing-container.json 'templates', a task.json "
            "'taskTemplate', a parameters.json values and lists of values; here stands 'a'\n");
  EXPECT_THAT(said("{}"), EndsWith("; here stands nothing\n"));
  EXPECT_THAT(said("[1]"), EndsWith("; here stands a list\n"));
  EXPECT_THAT(said("{\"workflw\": 1, \"b\": {\"c\": 1}}"),
              EndsWith("; here stands 'workflw' (did you mean 'workflow'?), 'b'\n"));
}

// A slip makes it no document of another format, nor a right one.
TEST(Validate, ACommaTooManyIsFoundInAnyFormat) {
  EXPECT_EQ(said("{\"a\": 1,}"), "f:1:9: expected a key in double quotes (and no comma before a closing brace)\n");
  EXPECT_THAT(
      said("{\"image\": \"a b\", \"inputs\": [],}"),
      testing::AllOf(testing::HasSubstr("f:1:31: expected a key"), testing::HasSubstr("lacks the key 'taskTemplate'")));
  Findings findings;
  validate_document({"parameters.json", "{\"a\": "}, {"/", {}}, findings);
  EXPECT_FALSE(findings.ok());
}

TEST(Validate, FindingsAreInTheOrderOfTheText) {
  EXPECT_EQ(said("steps:\n  a: {image: x, retires: 1}\nworkflw: x\n  \n"),
            "f:2:17: step 'a' has the unknown key 'retires' (did you mean 'retries'?)\n"
            "f:3:1: the workflow has the unknown key 'workflw' (did you mean 'workflow'?)\n");
}

}  // namespace
}  // namespace boxcar
