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

Failure failure_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid:
      return Failure::Invalid;
    case ErrorKind::NotFound:
      return Failure::NotFound;
    case ErrorKind::Denied:
      return Failure::Denied;
    case ErrorKind::Unavailable:
      return Failure::Unavailable;
    case ErrorKind::Exhausted:
      return Failure::Exhausted;
    case ErrorKind::Cancelled:  // no step fails by that
    case ErrorKind::Internal:
      return Failure::Internal;
  }
  return Failure::Internal;
}

std::string_view name_of(Failure failure) {
  switch (failure) {
    case Failure::None:
      return "";
    case Failure::Exit:
      return "exit";
    case Failure::Signal:
      return "signal";
    case Failure::Timeout:
      return "timeout";
    case Failure::Memory:
      return "memory";
    case Failure::Invalid:
      return "invalid";
    case Failure::NotFound:
      return "not_found";
    case Failure::Denied:
      return "denied";
    case Failure::Unavailable:
      return "unavailable";
    case Failure::Exhausted:
      return "exhausted";
    case Failure::Internal:
      return "internal";
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
