// Where the readers of one document leave their findings.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"

namespace boxcar {

// A document that is wrong everywhere would bury what matters: after kLimit findings the rest is counted out.
class Report {
 public:
  static constexpr std::size_t kLimit = 1000;

  Report(std::string_view file, Findings& findings) : file_(file), findings_(findings) {}

  void error(Position at, std::string message);
  void warn(Position at, std::string message);
  bool ok() const { return errors_ == 0; }  // no errors so far in this document
  bool full() const { return count_ > kLimit; }

 private:
  bool room(Position at);

  std::string_view file_;  // the caller's
  Findings& findings_;
  std::size_t errors_ = 0;
  std::size_t count_ = 0;
};

}  // namespace boxcar
