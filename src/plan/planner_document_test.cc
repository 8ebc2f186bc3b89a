// From the text of a document to its plan, or to findings that point at the right characters of it.
#include "plan/test_support.h"
#include "spec/reader.h"

namespace boxcar {
namespace {

using test::World;
using testing::ElementsAre;

constexpr const char* kKliko = R"(schema_version: 3
name: simms
io: split
sections:
  - name: main
    description: all
    fields:
      - {name: tel, type: str, initial: meerkat, required: true}
      - {name: antennas, type: int}
      - {name: sky, type: file}
)";

World world() {
  World out;
  Findings findings;
  const auto tool = read_kliko({"kliko.yml", kKliko}, findings);
  EXPECT_TRUE(tool && findings.ok());
  if (tool) out.tools["kliko/simms"] = *tool;
  out.files = {{"/flow/sky.txt", {PortKind::File}}, {"/flow/target", {PortKind::Directory}}};
  return out;
}

std::optional<Plan> plan(World& on, const std::string& text) {
  test::Builder builder;
  auto workflow = read_workflow({"boxcar.yml", text}, "/flow", on.findings);
  EXPECT_TRUE(workflow);
  if (!workflow) return std::nullopt;
  builder.workflow = std::move(*workflow);
  return on.plan(builder);
}

TEST(PlannerDocument, TheNotationsExampleIsPlanned) {
  auto on = world();
  const auto made = plan(on, R"(workflow: imaging
inputs:
  telescope: {type: str, default: kat-7, help: which array}
  sky: {type: file, default: ./sky.txt}
steps:
  simulate: {image: kliko/simms, params: {tel: "${inputs.telescope}"}, inputs: {sky: "${inputs.sky}"}}
  predict:  {image: kliko/simms, inputs: {input: simulate/output}}
  plain:
    image: debian:12
    tool:
      command: [sort, "${inputs.text}", -o, "${outputs.sorted}"]
      inputs:  {text: {kind: file}}
      outputs: {sorted: {kind: file}, notes: {kind: directory, optional: true}}
    inputs: {text: predict/output/words.txt}
    after: [simulate]
outputs:
  sorted: {from: plain/sorted, to: ./images}
)");
  for (const auto& finding : on.findings.all()) ADD_FAILURE() << finding.text();
  ASSERT_TRUE(made);
  ASSERT_EQ(made->steps.size(), 3U);
  EXPECT_THAT(made->predecessors(2), ElementsAre(0, 1));
  const auto content = [](const PlannedInput& input) -> Result<Content> {
    const bool file = input.path.ends_with(".txt");
    return Content{sha256("x"), file ? PortKind::File : PortKind::Directory, "/results/" + input.path};
  };
  const auto first = make_action(made->steps[0], content);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->parameters, R"({"antennas": null, "sky": "/param_files/sky", "tel": "kat-7"})");
  const auto last = make_action(made->steps[2], content);
  ASSERT_TRUE(last) << last.error().text();
  ASSERT_EQ(last->argv.size(), 4U);
  ASSERT_EQ(last->inputs.size(), 1U);
  EXPECT_EQ(last->argv[1], last->inputs[0].path);
  EXPECT_EQ(last->argv[3], last->outputs[1].path);
}

std::vector<std::string> beginnings(const Findings& findings) {
  std::vector<std::string> found;
  for (const auto& finding : findings.all()) {
    const auto text = finding.text();
    found.push_back(text.substr(0, text.find(": ", 12)) + " " + finding.message.substr(0, 40));
  }
  return found;
}

// What is wrong by itself is left out; the rest of its step is held against the image, and the gap is no finding.
TEST(PlannerDocument, WhatIsWrongByItselfHidesNothing) {
  auto on = world();
  EXPECT_FALSE(plan(on, R"(workflow: imaging
steps:
  simulate:
    image: kliko/simms
    params:
      tel: {a: mapping}
      tell: meerkat
    inputs:
      input: 7
      inputs: simulate/output
  gap: {image: kliko/simms, tool: {command: [a], inputs: {text: {kind: file}}}}
  none: {image: kliko/simms, tool: {command: [a], inputs: {text: {kind: file}}}, inputs: {text: 7}}
  after: {image: kliko/none, cache: perhaps, env: {1X: y}}
)"));
  EXPECT_THAT(beginnings(on.findings), ElementsAre("boxcar.yml:6:12 parameter 'tel': expected a value or a l",
                                                   "boxcar.yml:7:7 step 'simulate': there is no parameter '",
                                                   "boxcar.yml:9:14 input 'input': expected STEP/PORT, a pat",
                                                   "boxcar.yml:10:15 step 'simulate': there is no input port ",
                                                   "boxcar.yml:11:3 step 'gap': nothing feeds input port 'te",
                                                   "boxcar.yml:12:97 input 'text': expected STEP/PORT, a path",
                                                   "boxcar.yml:13:18 step 'after': no image kliko/none",
                                                   "boxcar.yml:13:37 step 'after', 'cache': expected true, fa",
                                                   "boxcar.yml:13:52 step 'after': expected the name of an en"));
}

TEST(PlannerDocument, FindingsPointAtWhatIsWrong) {
  auto on = world();
  EXPECT_FALSE(plan(on, R"(workflow: imaging
inputs:
  sky: {type: file}
steps:
  simulate:
    image: kliko/simms
    params:
      tell: meerkat
      antennas: seven
  predict:
    image: kliko/simms
    inputs:
      input: simulate/outptu
      sky: ./nowhere.txt
  missing: {image: kliko/none, after: [predcit]}
  one: {image: kliko/simms, inputs: {input: two/output}}
  two: {image: kliko/simms, inputs: {input: one/output}}
outputs:
  a: {from: one/output, to: ./x}
  b: {from: two/output, to: ./x/y}
)"));
  EXPECT_THAT(beginnings(on.findings), ElementsAre("boxcar.yml:3:3 workflow input 'sky' needs a value: --se",
                                                   "boxcar.yml:8:7 step 'simulate': there is no parameter '",
                                                   "boxcar.yml:9:7 step 'simulate': parameter 'antennas': e",
                                                   "boxcar.yml:13:14 step 'predict': step 'simulate' has no o",
                                                   "boxcar.yml:14:12 step 'predict': parameter 'sky' takes a ",
                                                   "boxcar.yml:15:20 step 'missing': no image kliko/none",
                                                   "boxcar.yml:15:40 step 'missing': there is no step 'predci",
                                                   "boxcar.yml:16:3 these steps wait for each other: one →",
                                                   "boxcar.yml:20:13 output 'b' is copied to '/flow/x/y', whi"));
}

}  // namespace
}  // namespace boxcar
