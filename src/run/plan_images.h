// Where the steps of a plan have their images and tools from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/images.h"
#include "plan/plan.h"

namespace boxcar {

// A daemon is given what is here already once it is known that the steps can have what they request; what is not here
// it is given at once, since that would be fetched twice, but for steps that say themselves that they need a GPU.
class PlanImages {
 public:
  enum class Use {
    Run,         // by an engine that takes them from `images` as they are
    GiveAndRun,  // by a daemon
    LookOnly     // they are looked into, and given to nobody
  };
  // `images` outlives this.
  PlanImages(Images& images, PullPolicy pull, Use use, Progress say)
      : images_(images), pull_(pull), use_(use), say_(std::move(say)) {}

  // As the planner wants it (PlannerContext::resolve). `file`: the workflow's. The login has been checked.
  Result<std::shared_ptr<const ResolvedTool>> find(const std::string& name, const StepOptions& step,
                                                   const std::string& file, Findings& findings);
  // The same of what is here, for a workflow that is wrong: nothing is fetched. Where the image is not, its tool
  // if the step has one of its own, else null.
  Result<std::shared_ptr<const ResolvedTool>> find_here(const std::string& name, const StepOptions& step,
                                                        Findings& findings);

  // Gives the daemon what wanted steps (`wanted` empty: all) need and it was not given yet; they refer to that then.
  // Errors as Images::resolve() has them.
  Result<void> give(Plan& plan, const std::vector<bool>& wanted);

 private:
  Result<std::shared_ptr<const Image>> image(const std::string& name, const StepOptions& step,
                                             const std::optional<Credentials>& login);

  struct Found {
    std::string name;
    std::optional<Credentials> login;
    std::shared_ptr<const ResolvedTool> tool;
  };

  Images& images_;
  const PullPolicy pull_;
  const Use use_;
  const Progress say_;
  std::vector<Found> found_;
};

}  // namespace boxcar
