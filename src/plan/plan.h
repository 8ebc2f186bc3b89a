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
  std::shared_ptr<const Image> image;  // null: it is not here, and its tool is known all the same; nothing can be run
  std::shared_ptr<const Tool> tool;
};

struct PlannedInput {
  static constexpr StepIndex kHost = ~StepIndex{0};
  std::uint32_t port = 0;    // index in tool->inputs; or, with `parameter`, in tool->parameters
  bool parameter = false;    // feeds a `file` parameter
  std::uint32_t item = 0;    // which element of a List[file]
  StepIndex step = kHost;    // the producer, or kHost
  std::uint32_t output = 0;  // index in the producer's tool->outputs
  std::string path;          // host: absolute path; else relative path within the producer's port
};

// A step's settings are shared with all steps that say the same. Of StepOptions, template_name, tool, login and after
// have done their part once there is a plan, and are empty here.
struct PlannedStep {
  std::string name;
  std::shared_ptr<const ResolvedTool> tool;
  std::shared_ptr<const StepOptions> options;  // never null
  // Parameter index and given value, sorted. Defaults are not repeated, and what is a `file` stands in `inputs`.
  std::vector<std::pair<std::uint32_t, Value>> values;
  std::vector<PlannedInput> inputs;  // sorted by (parameter, port, item)
  Position resources_at = {};        // where the step says what it needs, else the step itself
};

struct PlannedOutput {
  std::string name;
  StepIndex step = 0;
  std::uint32_t output = 0;
  std::string path;  // within the port
  std::string to;    // absolute host path or ""
  Position at;       // in the workflow's file
};

// Whether all of a step that works in place is copied to where its input was read.
bool fills_what_it_reads(const PlannedStep& step, const PlannedOutput& output);

using Edge = std::pair<StepIndex, StepIndex>;  // (before, then)

// For each step a row of steps, all in one array.
class Adjacency {
 public:
  Adjacency() = default;
  Adjacency(std::size_t steps, std::vector<Edge> edges);  // rows by Edge::first, sorted, without repeats
  Adjacency transposed() const;
  std::span<const StepIndex> operator[](StepIndex step) const {
    return {list_.data() + start_[step], list_.data() + start_[step + 1]};
  }

 private:
  std::vector<std::uint32_t> start_;  // one more than there are steps
  std::vector<StepIndex> list_;
};

class Plan {
 public:
  std::string name;
  std::string file;
  std::string directory;
  std::string_view memory_key = "resources.memory";  // as of a Workflow, for advice
  std::vector<PlannedStep> steps;                    // in the order of the document
  std::vector<PlannedOutput> outputs;

  // Called once, when `steps` is complete: builds the edges (data links and `after`).
  void connect(std::vector<Edge> after);
  // Sorted, without repeats.
  std::span<const StepIndex> successors(StepIndex step) const { return successors_[step]; }
  std::span<const StepIndex> predecessors(StepIndex step) const { return predecessors_[step]; }
  // For each step that waits for itself a shortest cycle through it, unless one before it has the step already: so
  // every such step is in one, and no two are the same. Only the first twenty; each in the order of the data, from the
  // step on that the document has first. None: the graph can run.
  std::vector<std::vector<StepIndex>> cycles() const;
  // `targets` and everything that they need.
  std::vector<bool> needed_for(const std::vector<StepIndex>& targets) const;
  // How many steps those are; empty: all.
  std::size_t count(const std::vector<bool>& wanted) const;
  // Of a step that says `direct`: the host directory, absolute, that is bound as this output itself. null: it is a
  // result.
  const std::string* direct_target(StepIndex step, std::uint32_t output) const;
  // Its result is what the run is for: the workflow names no outputs, and no other step reads it.
  bool last(StepIndex step) const { return outputs.empty() && successors(step).empty(); }
  std::optional<StepIndex> find(std::string_view name) const;  // linear: for a few names, not for building

 private:
  Adjacency successors_, predecessors_;
};

}  // namespace boxcar
