#include "cli/check_workflow.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli/find_document.h"
#include "plan/planner.h"
#include "run/engine_place.h"
#include "run/tools.h"

namespace boxcar {

namespace {

std::string not_here(const std::string& image, const StepOptions& step, bool asked_daemon) {
  return "the image " + image + " is not here" + (step.tool ? "" : ", so its ports and parameters were not checked") +
         (asked_daemon ? "" : " (boxcar's store was asked; --engine asks Docker or Podman)");
}

// What a directory is mounted on can't be a file.
Result<void> refuse_files_as_places(const Tool& tool, const Images& images, const Image& image) {
  TRY(const auto places, places_in_image(tool, images, image));
  return places.files.empty() ? Result<void>() : fail(ErrorKind::Invalid, join(places.files, "; "));
}

}  // namespace

void check_workflow(Workflow workflow, const std::string& engine, MissingInputs missing, Findings& findings) {
  const std::string file = workflow.file;
  Pool pool;
  const auto place = place_of_images(engine);
  if (!place) findings.warn(file, {}, "no image was looked at: " + place.error().text());
  const auto resolve = [&](const std::string& name,
                           const StepOptions& step) -> Result<std::shared_ptr<const ResolvedTool>> {
    if (!place) return tool_without_image(step);
    Images& images = (*place)->images(pool);
    auto image = images.glimpse(name, PullPolicy::Never);
    if (!image) {
      if (image.error().kind == ErrorKind::Invalid) return fail(std::move(image).error());  // no name of an image
      findings.warn(file, {}, not_here(name, step, (*place)->daemon() != nullptr));
      return tool_without_image(step);
    }
    TRY(auto resolved, resolved_tool(images, std::move(*image), name, step, findings));
    if (!(*place)->daemon()) CHECK_OK(refuse_files_as_places(*resolved->tool, images, *resolved->image));
    return resolved;
  };
  // A workflow input without a default gets its value later.
  for (auto& input : workflow.inputs) input.parameter.required = false;
  const PlannerContext context{resolve, host_entry, current_directory(), home_directory(),
                               missing == MissingInputs::WarnedOf};
  std::optional<Error> trouble;
  make_plan(std::move(workflow), {}, context, findings, trouble);
}

}  // namespace boxcar
