// Plans of many small steps of one tool, without any image: for the scheduler alone.
#pragma once

#include <string>

#include "plan/plan.h"

namespace boxcar::fakes {

// A tool with an optional input and an output, both directories, and one string parameter that makes steps differ.
inline std::shared_ptr<const ResolvedTool> plain_tool() {
  auto image = std::make_shared<Image>();
  image->reference = "docker.io/test/plain:latest";
  image->architecture = "amd64";
  image->layers = {sha256("layer")};
  image->identity = image_identity(*image);
  auto tool = std::make_shared<Tool>();
  tool->format = "kliko";
  Parameter parameter;
  parameter.name = "name";
  tool->parameters = {parameter};
  tool->inputs = {{"input", PortKind::Directory, "/input", true, "", "", {}}};
  tool->outputs = {{"output", PortKind::Directory, "/output", false, "", "", {}}};
  tool->command = {"/kliko"};
  tool->parameters_path = "/parameters.json";
  auto resolved = std::make_shared<ResolvedTool>();
  resolved->image = image;
  resolved->tool = tool;
  return resolved;
}

class GraphMaker {
 public:
  // A step that reads the output of `from`, or of nothing.
  StepIndex step(const std::string& name, std::optional<StepIndex> from = {}, StepOptions options = {}) {
    PlannedStep step;
    step.name = name;
    step.tool = tool_;
    step.options = std::make_shared<const StepOptions>(std::move(options));
    step.values = {{0, Value(name)}};
    if (from) step.inputs = {{.port = 0, .parameter = false, .item = 0, .step = *from, .output = 0, .path = {}}};
    plan_.steps.push_back(std::move(step));
    return static_cast<StepIndex>(plan_.steps.size() - 1);
  }

  Plan make(std::vector<std::pair<StepIndex, StepIndex>> after = {}) {
    plan_.connect(std::move(after));
    return std::move(plan_);
  }

 private:
  Plan plan_;
  std::shared_ptr<const ResolvedTool> tool_ = plain_tool();
};

}  // namespace boxcar::fakes
