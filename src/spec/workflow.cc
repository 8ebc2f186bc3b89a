// boxcar.yml (docs/formats/workflow.md). Steps are read one at a time, so that 100,000 of them never stand in memory as
// a tree.
#include <algorithm>
#include <array>
#include <functional>

#include "base/fd.h"
#include "base/text.h"
#include "spec/reader.h"
#include "spec/workflow_parts.h"
#include "spec/yaml.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 4> kTopKeys = {"workflow", "inputs", "steps", "outputs"};
constexpr std::array<std::string_view, 2> kOutputKeys = {"from", "to"};

class WorkflowReader {
 public:
  WorkflowReader(const Document& document, Report& report) : document_(document), report_(report), steps_(report) {}

  Workflow read() {
    workflow_.file = document_.name;
    YamlStream yaml(document_.text, YamlVersion::V12, report_);
    Tree top;
    if (!yaml.open() || !read_top(yaml, top) || !yaml.close()) return {};
    read_rest(top.root());
    check_step_names();
    return std::move(workflow_);
  }

 private:
  // The steps go straight into the workflow; what else stands at the top into `top`, with null in the place of the
  // steps.
  bool read_top(YamlStream& yaml, Tree& top) {
    const auto at = yaml.position();
    if (!yaml.enter_mapping()) return yaml.read(top);
    top.add(Node::Kind::Mapping, at);
    Tree value;
    while (const auto* key = yaml.next_key()) {
      top.add_copy(*key);
      if (key->text == "steps") {
        steps_at_ = key->at;
        if (!read_steps(yaml)) return false;
        top.add(Node::Kind::Null, steps_at_);
      } else {
        if (!yaml.read(value)) return false;
        top.add_copy(value.root());
      }
    }
    top.close(0);
    if (yaml.failed()) return false;
    check_duplicate_keys(top.root(), report_);
    return true;
  }

  bool read_steps(YamlStream& yaml) {
    Tree step;
    if (!yaml.enter_mapping()) {  // with an anchor, or none at all
      if (yaml.failed() || !yaml.read(step)) return false;
      read_steps_of(step.root());
      return true;
    }
    while (const auto* name = yaml.next_key()) {
      if (!yaml.read(step)) return false;
      workflow_.steps.push_back(steps_.read(*name, step.root()));
    }
    return !yaml.failed();
  }

  void read_steps_of(const Node& all) {
    if (all.kind == Node::Kind::Null) return;
    if (!all.is_mapping()) {
      report_.error(all.at, "'steps': expected a mapping of step names to steps, found " + all.described());
      return;
    }
    for (const auto& [name, step] : Pairs(all)) workflow_.steps.push_back(steps_.read(name, step));
  }

  void read_rest(const Node& top) {
    const Fields fields(top, {"the workflow"}, kTopKeys, report_);
    if (!fields.is_mapping()) return;
    workflow_.name = fields.text("workflow").value_or("");
    if (workflow_.name.empty()) workflow_.name = stem(document_.name);
    if (const auto* inputs = fields.mapping("inputs")) {
      for (const auto& [name, node] : Pairs(*inputs)) {
        auto& input = workflow_.inputs.emplace_back();
        input.parameter = read_parameter(name, node, "workflow input", &input.directory, report_);
      }
    }
    if (const auto* outputs = fields.mapping("outputs")) {
      for (const auto& [name, node] : Pairs(*outputs)) read_output(name, node);
    }
    if (steps_at_ == Position{}) {  // not streamed: the top has an anchor, or there are none
      const auto* steps = fields.need("steps");
      if (steps != nullptr) read_steps_of(*steps);
    } else if (workflow_.steps.empty() && report_.ok()) {
      report_.error(steps_at_, "'steps': a workflow needs at least one step");
    }
  }

  static std::string stem(std::string_view file) {
    auto name = base_name(file);
    name = name.substr(0, name.rfind('.'));
    return std::string(name);
  }

  void read_output(const Node& name, const Node& node) {
    check_name(name, "an output", true, report_);
    WorkflowOutput output;
    output.name = name.text;
    output.at = name.at;
    if (node.kind == Node::Kind::String) {  // "images: register/registered"
      read_link(node, output);
    } else {
      const Fields fields(node, {"output", name.text}, kOutputKeys, report_);
      if (!fields.is_mapping()) return;
      const auto* from = fields.need("from");
      if (from && from->kind == Node::Kind::String) read_link(*from, output);
      if (from && from->kind != Node::Kind::String) fields.expected("from", *from, "STEP/PORT");
      output.to = fields.text("to").value_or("");
      if (fields.find("to") && fields.find("to")->text.empty()) fields.expected("to", *fields.find("to"), "a path");
    }
    workflow_.outputs.push_back(std::move(output));
  }

  void read_link(const Node& node, WorkflowOutput& output) {
    output.at = node.at;
    const auto source = parse_source(node.text);
    const auto* link = source ? std::get_if<Link>(&*source) : nullptr;
    if (link != nullptr) {
      output.from = *link;
    } else {
      report_.error(node.at, "output " + in_quotes(output.name) + ": expected STEP/PORT, found " + node.described());
    }
  }

  // Sorted by hash, not in a set of strings: memory counts here.
  void check_step_names() {
    const auto& steps = workflow_.steps;
    std::vector<std::pair<std::size_t, std::uint32_t>> hashes;
    hashes.reserve(steps.size());
    for (const auto& step : steps) {
      hashes.emplace_back(std::hash<std::string>{}(step.name), static_cast<std::uint32_t>(hashes.size()));
    }
    std::sort(hashes.begin(), hashes.end());
    for (std::size_t i = 1; i < hashes.size(); ++i) {
      const auto& first = steps[hashes[i - 1].second];
      const auto& again = steps[hashes[i].second];
      if (hashes[i - 1].first != hashes[i].first || first.name != again.name) continue;
      report_.error(again.at, "the step " + in_quotes(again.name) + " stands twice, first in line " +
                                  std::to_string(first.at.line) + "; give one of them another name");
    }
  }

  const Document& document_;
  Report& report_;
  StepReader steps_;
  Workflow workflow_;
  Position steps_at_;
};

}  // namespace

std::optional<Workflow> read_workflow(const Document& document, const std::string& directory, Findings& findings) {
  Report report(document.name, findings);
  auto workflow = WorkflowReader(document, report).read();
  if (!report.sound()) return std::nullopt;
  workflow.directory = directory;
  return workflow;
}

}  // namespace boxcar
