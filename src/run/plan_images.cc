#include "run/plan_images.h"

#include <unordered_map>

#include "base/text.h"
#include "run/secrets.h"
#include "run/tools.h"

namespace boxcar {

using ToolPtr = std::shared_ptr<const ResolvedTool>;

Result<ToolPtr> PlanImages::find(const std::string& name, const StepOptions& step, const std::string& file,
                                 Findings& findings) {
  std::optional<Credentials> login;
  if (step.login) {
    TRY(login, read_login(*step.login, file));
  }
  TRY(auto found, image(name, step, login));
  TRY(auto tool, resolved_tool(images_, std::move(found), name, step, findings));
  if (use_ == Use::GiveAndRun) found_.push_back({name, std::move(login), tool});
  return tool;
}

Result<ToolPtr> PlanImages::find_here(const std::string& name, const StepOptions& step, Findings& findings) {
  auto found = images_.glimpse(name, PullPolicy::Never);
  if (found) return resolved_tool(images_, *std::move(found), name, step, findings);
  if (found.error().kind == ErrorKind::Invalid) return fail(std::move(found).error());  // no name of an image
  return tool_without_image(step);
}

Result<std::shared_ptr<const Image>> PlanImages::image(const std::string& name, const StepOptions& step,
                                                       const std::optional<Credentials>& login) {
  const bool gives = use_ == Use::GiveAndRun;
  if (use_ == Use::LookOnly || (gives && gpus_of(step.needs) > 0)) return images_.glimpse(name, pull_, say_, login);
  if (gives && pull_ != PullPolicy::Always) {
    auto here = images_.glimpse(name, PullPolicy::Never);
    if (here || here.error().kind != ErrorKind::NotFound) return here;
  }
  return images_.resolve(name, pull_, say_, login);
}

Result<void> PlanImages::give(Plan& plan, const std::vector<bool>& wanted) {
  if (use_ != Use::GiveAndRun) return {};
  std::unordered_map<const ResolvedTool*, ToolPtr> given;
  for (StepIndex step = 0; step < plan.steps.size(); ++step) {
    if (wanted.empty() || wanted[step]) given.emplace(plan.steps[step].tool.get(), nullptr);
  }
  for (const auto& [name, login, tool] : found_) {
    const auto place = given.find(tool.get());
    if (place == given.end()) continue;
    TRY(auto image, images_.resolve(name, pull_, say_, login));
    if (image->identity != tool->image->identity)
      return fail(ErrorKind::Unavailable, "the image " + printable(name) + " became another one meanwhile");
    place->second = std::make_shared<const ResolvedTool>(ResolvedTool{std::move(image), tool->tool});
  }
  for (auto& step : plan.steps) {
    if (const auto found = given.find(step.tool.get()); found != given.end() && found->second)
      step.tool = found->second;
  }
  found_.clear();  // and with it the logins
  return {};
}

}  // namespace boxcar
