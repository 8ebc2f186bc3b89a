#include "cli/check_workflow.h"

#include "base/fd.h"
#include "cli/find_document.h"
#include "plan/planner.h"
#include "run/engine_place.h"
#include "run/tools.h"

namespace boxcar {

void check_workflow(Workflow workflow, const std::string& engine, MissingInputs missing, Findings& findings) {
  const std::string file = workflow.file;
  Pool pool;
  const auto place = place_of_images(engine);
  if (!place) findings.warn(file, {}, "no image was looked at: " + place.error().text());
  const auto resolve = [&](const std::string& name,
                           const StepOptions& step) -> Result<std::shared_ptr<const ResolvedTool>> {
    if (!place) return std::shared_ptr<const ResolvedTool>();
    Images& images = (*place)->images(pool);
    auto image = images.glimpse(name, PullPolicy::Never);
    if (image) return resolved_tool(images, *std::move(image), name, step, findings);
    if (image.error().kind == ErrorKind::Invalid) return fail(std::move(image).error());  // no name of an image
    findings.warn(file, {}, "the image " + name + " is not here, so its ports and parameters were not checked");
    return std::shared_ptr<const ResolvedTool>();
  };
  // A workflow input without a default gets its value later.
  for (auto& input : workflow.inputs) input.parameter.required = false;
  const PlannerContext context{resolve, host_kind, current_directory(), home_directory(),
                               missing == MissingInputs::WarnedOf};
  std::optional<Error> trouble;
  make_plan(std::move(workflow), {}, context, findings, trouble);
}

}  // namespace boxcar
