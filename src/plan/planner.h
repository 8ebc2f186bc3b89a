// Workflow to Plan: everything that can be known before anything starts is checked here, all findings at once.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "base/diagnostics.h"
#include "plan/plan.h"

namespace boxcar {

// What lies at a path of the host.
struct HostEntry {
  PortKind kind;
  std::string unreadable = {};  // why it can't be read, "": it can
  std::string unwritable = {};  // of a directory, why nothing can be made in it
};

struct PlannerContext {
  // The image of that name and the tool that a step runs in it: of the step's settings its template, its own tool and
  // its login count. Asked once for all steps with the same image, template, tool and login. An error becomes a finding
  // at the first of them. null: the tool is not known, and nothing that needs it is checked.
  std::function<Result<std::shared_ptr<const ResolvedTool>>(const std::string& image, const StepOptions& step)> resolve;
  // What lies at an absolute host path. NotFound when nothing does. Asked once a path.
  std::function<Result<HostEntry>(const std::string& path)> host_entry;
  std::string current_directory;  // absolute; relative paths of the caller (settings) count from here. "": from the
                                  // workflow's directory
  std::string home;               // absolute; what "~/" stands for
  // An input of the host where nothing lies or that can't be read is warned of only, as is where nothing can be
  // written: the workflow is looked at, not run.
  bool inputs_may_be_missing = false;
  // Not every output will be written, as with targets or in a dry run: one that can't be is warned of only.
  bool outputs_may_be_left = false;
};

// None when there are errors among the findings (sorted then). When a finding is not the document's fault, since a
// registry or a disk could not be used, the first such error is given as `trouble` too.
//
// What the formats leave open is settled here:
// - "${inputs.x}" may stand in parameters, environment variables, host paths and `to:` of outputs; "$$" is a dollar
//   sign there. Of a workflow input without a value it is an empty text, and alone in its place it is as if nothing
//   stood there.
// - Workflow inputs that are paths of the host may feed ports and `file` parameters only: anywhere else the path would
//   mean nothing in a container.
// - A `file` parameter is fed by its value, a path relative to the workflow's directory (its default too), or by a
//   link in `inputs:`; List[file] by several links of that name, in their order.
std::optional<Plan> make_plan(Workflow workflow, const Settings& settings, const PlannerContext& context,
                              Findings& findings, std::optional<Error>& trouble);

}  // namespace boxcar
