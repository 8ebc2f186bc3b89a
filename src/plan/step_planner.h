// One step of a workflow, checked against its tool. Internal to the planner.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plan/links.h"
#include "plan/workflow_values.h"

namespace boxcar {

// --set STEP.NAME=VALUE, or a configuration's.
struct Override {
  std::string_view parameter;
  GivenTexts given;
};

class StepPlanner {
 public:
  StepPlanner(const Links& links, const WorkflowValues& values, HostPaths& hosts);

  // Fills `planned`, which has its name, from `step`, which is used up. Adds what it waits for beside its inputs to
  // `after`.
  void plan(StepIndex index, Step& step, const std::vector<Override>& overrides, PlannedStep& planned,
            std::vector<Edge>& after, const Spot& spot);

 private:
  using Origin = HostPaths::Origin;

  struct Place {  // that something can be fed to: a port, or a `file` parameter
    Taker taker;
    PlannedInput input;  // all but where it comes from
  };

  void check_secrets(const Step& step, const Spot& spot) const;
  void adopt_variables(Step& step) const;
  void check_scale(const StepOptions& options, const Spot& spot) const;
  void take_overrides(const std::vector<Override>& overrides, const Spot& spot);
  void take_arguments(std::vector<Argument>& arguments, const Spot& spot);
  void take_bindings(std::vector<Binding>& bindings, const Spot& spot);
  void take_defaults(const Spot& spot);
  void look_for_gaps(const Spot& spot, const Spot& of_values);
  std::shared_ptr<const StepOptions> take_options(std::unique_ptr<StepOptions> options, const Spot& spot);

  void give(std::uint32_t parameter, Value value, Origin origin, const Spot& spot);
  void give_unshown(std::uint32_t parameter, Value value, const Spot& spot);
  std::optional<Place> place_of(const Binding& binding, const Spot& spot);
  bool feed(Place place, const Source& source, const Spot& spot);
  bool feed_from_workflow_input(Place place, const InputReference& reference, const Spot& spot);
  void add_host_input(PlannedInput input, std::string path);
  void say_unknown_parameter(std::string_view name, const Spot& spot) const;

  const Links& links_;
  const WorkflowValues& values_;
  HostPaths& hosts_;
  const std::shared_ptr<const StepOptions> defaults_ = std::make_shared<const StepOptions>();
  std::unordered_map<std::string, std::shared_ptr<const StepOptions>> known_options_;  // by fingerprint

  // Of the step at hand.
  enum class Given : std::uint8_t { No, Value, Linked, Overridden };
  StepIndex index_ = 0;
  const KnownTool* known_ = nullptr;
  PlannedStep* planned_ = nullptr;
  std::vector<Edge>* after_ = nullptr;
  std::vector<Given> given_;           // by parameter
  std::vector<std::uint32_t> linked_;  // by parameter: how many links feed it
  std::vector<bool> fed_;              // by input port
};

}  // namespace boxcar
