// The plan: the checked graph of steps. Images are resolved, files found, types right, and it grows no further while it
// runs. Built for 100,000 steps: what steps share (tool, image, settings) is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/image.h"
#include "model/workflow.h"

namespace boxcar {

using StepIndex = std::uint32_t;

// An image with the tool that it declares, or that the step declares for it.
struct ResolvedTool {
  std::shared_ptr<const Image> image;
  std::shared_ptr<const Tool> tool;
};

struct PlannedInput {
  static constexpr StepIndex host = ~StepIndex{0};
  std::uint32_t port = 0;        // index in tool->inputs; or, with `parameter`, in tool->parameters
  bool parameter = false;        // feeds a `file` parameter
  std::uint32_t item = 0;        // which element of a List[file]
  StepIndex step = host;         // the producer, or host
  std::uint32_t output = 0;      // index in the producer's tool->outputs
  std::string path;              // host: absolute path; else relative path within the producer's port
};

struct PlannedStep {
  std::string name;
  std::shared_ptr<const ResolvedTool> tool;
  std::shared_ptr<const StepOptions> options;   // never null
  std::vector<std::pair<std::uint32_t, Value>> values;  // parameter index and given value, sorted; defaults are not repeated
  std::vector<PlannedInput> inputs;             // sorted by (parameter, port, item)
};

struct PlannedOutput {
  std::string name;
  StepIndex step = 0;
  std::uint32_t output = 0;
  std::string path;  // within the port
  std::string to;    // absolute host path or ""
};

class Plan {
 public:
  std::string name;
  std::string file;
  std::string directory;
  std::vector<PlannedStep> steps;  // in the order of the document
  std::vector<PlannedOutput> outputs;

  // Called once, when `steps` is complete: builds the edges (data links and `after`).
  void connect(const std::vector<std::pair<StepIndex, StepIndex>>& after);  // (before, then)
  std::span<const StepIndex> successors(StepIndex step) const;
  std::span<const StepIndex> predecessors(StepIndex step) const;  // without repeats
  // The steps of a cycle in order, or empty.
  std::vector<StepIndex> cycle() const;
  // `targets` and everything that they need.
  std::vector<bool> needed_for(const std::vector<StepIndex>& targets) const;
  std::optional<StepIndex> find(std::string_view name) const;  // linear: for a few names, not for building

 private:
  std::vector<std::uint32_t> successor_start_, predecessor_start_;
  std::vector<StepIndex> successor_list_, predecessor_list_;
};

}  // namespace boxcar
