// What a step becomes once all its inputs are results.
#pragma once

#include <functional>

#include "plan/action.h"
#include "plan/plan.h"

namespace boxcar {

// Where the content of an input lies, and what it is.
struct Content {
  Digest digest;
  PortKind kind = PortKind::Directory;
  std::string path;  // absolute, on the host
};

// `content_of` finds the content for each of the step's inputs: from a result, or from the host. Deterministic.
Result<Action> make_action(const PlannedStep& step, const std::function<Result<Content>(const PlannedInput&)>& content_of);

}  // namespace boxcar
