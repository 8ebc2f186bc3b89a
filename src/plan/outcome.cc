#include "plan/outcome.h"

namespace boxcar {

std::string_view name_of(StepStatus status) {
  switch (status) {
    case StepStatus::Waiting:
      return "waiting";
    case StepStatus::Running:
      return "running";
    case StepStatus::Succeeded:
      return "succeeded";
    case StepStatus::Cached:
      return "cached";
    case StepStatus::Failed:
      return "failed";
    case StepStatus::Cancelled:
      return "cancelled";
    case StepStatus::Skipped:
      return "skipped";
  }
  return {};
}

std::string_view name_of(RunStatus status) {
  switch (status) {
    case RunStatus::Running:
      return "running";
    case RunStatus::Succeeded:
      return "succeeded";
    case RunStatus::Failed:
      return "failed";
    case RunStatus::Cancelled:
      return "cancelled";
  }
  return {};
}

}  // namespace boxcar
