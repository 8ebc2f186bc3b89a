// Steps by name, and the links between them. Internal to the planner.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/workflow.h"
#include "plan/plan.h"
#include "plan/spot.h"
#include "plan/tool_table.h"

namespace boxcar {

class Links {
 public:
  // `steps` have their names, which stay as they are. Of steps with one name the first counts; the others have a
  // finding.
  Links(const std::vector<PlannedStep>& steps, const std::vector<Position>& places, const Spot& spot);

  // By step; null where it isn't known. Steps are found before their tools are.
  std::vector<const KnownTool*> tools;

  std::optional<StepIndex> look_up(std::string_view name) const;
  std::optional<StepIndex> find(std::string_view name, const Spot& spot) const;  // none: with a finding

  struct End {
    StepIndex step = 0;
    std::optional<std::uint32_t> output;  // none: something was said of it
  };
  // Where the link comes from; none, with a finding, when there is no such step.
  std::optional<End> follow(const Link& link, const Spot& spot) const;
  // The same, and whether it may feed `taker`. What a path within a directory leads to is known only once there is a
  // result.
  std::optional<End> follow(const Link& link, const Taker& taker, const Spot& spot) const;

 private:
  const std::vector<PlannedStep>& steps_;
  std::unordered_map<std::string_view, StepIndex> by_name_;
};

}  // namespace boxcar
