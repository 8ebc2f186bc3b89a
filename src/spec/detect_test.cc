#include <gtest/gtest.h>

#include "spec/reader.h"

namespace boxcar {
namespace {

std::string said(const std::string& text) {
  Findings findings;
  validate_document({"f", text}, findings);
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

// What stands after the telling key does not matter, so that a large workflow is not read twice.
TEST(Detect, StopsAtTheFirstSign) {
  EXPECT_EQ(detect_format({"x", "workflow: a\nsteps: {a: [}"}), Format::Workflow);
}

TEST(Detect, EveryFormatHasARow) {
  for (const auto format : {Format::Kliko, Format::KlikoParameters, Format::Workflow}) {
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
            "kliko.yml 'schema_version', 'io' and 'sections'\n");
}

TEST(Validate, FindingsAreInTheOrderOfTheText) {
  EXPECT_EQ(said("steps:\n  a: {image: x, retires: 1}\nworkflw: x\n  \n"),
            "f:2:17: step 'a' has the unknown key 'retires' (did you mean 'retries'?)\n"
            "f:3:1: the workflow has the unknown key 'workflw' (did you mean 'workflow'?)\n");
}

}  // namespace
}  // namespace boxcar
