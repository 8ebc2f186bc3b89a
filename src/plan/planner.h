// Workflow to Plan: everything that can be known before anything starts is checked here, all findings at once.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "base/diagnostics.h"
#include "plan/plan.h"

namespace boxcar {

struct PlannerContext {
  // The image of that name and the tool it declares. `declared` is the step's own tool, or null. NotFound and Invalid become findings at
  // the step; any other kind ends planning.
  std::function<Result<std::shared_ptr<const ResolvedTool>>(const std::string& image, const std::string& template_name,
                                                            const Tool* declared)>
      resolve;
  // What lies at an absolute host path. NotFound when nothing does.
  std::function<Result<PortKind>(const std::string& path)> host_kind;
};

// What the caller gave: --set NAME=VALUE and --set STEP.NAME=VALUE, as text.
using Settings = std::vector<std::pair<std::string, std::string>>;

// None when there are errors among the findings, or an error that ends planning was returned through `fatal`.
std::optional<Plan> make_plan(Workflow workflow, const Settings& settings, const PlannerContext& context,
                              Findings& findings, std::optional<Error>& fatal);

}  // namespace boxcar
