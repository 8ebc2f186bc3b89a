#include "spec/report.h"

namespace boxcar {

bool Report::room(Position at) {
  if (++count_ == kLimit + 1) {
    findings_.error(file_, at, "more than " + std::to_string(kLimit) + " findings; the rest is not shown");
    ++errors_;
  }
  return count_ <= kLimit;
}

void Report::error(Position at, std::string message) {
  if (!room(at)) return;
  findings_.error(file_, at, std::move(message));
  ++errors_;
}

void Report::warn(Position at, std::string message) {
  if (room(at)) findings_.warn(file_, at, std::move(message));
}

}  // namespace boxcar
