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
  // No errors but those that stand aside.
  bool sound() const { return errors_ == aside_; }
  bool full() const { return count_ > kLimit; }

  // While it lives, errors are in what nothing else is checked against (resources, retries), or what is wrong is left
  // out: so the rest of the document can still be held against images and files.
  class Aside {
   public:
    explicit Aside(Report& report) : report_(report), errors_(report.errors_), aside_(report.aside_) {}
    ~Aside() { report_.aside_ = aside_ + report_.errors_ - errors_; }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    // Of its own, not those of another within it.
    bool any() const { return report_.errors_ - errors_ != report_.aside_ - aside_; }

   private:
    Report& report_;
    const std::size_t errors_;  // before
    const std::size_t aside_;
  };

 private:
  bool room(Position at);

  std::string_view file_;  // the caller's
  Findings& findings_;
  std::size_t errors_ = 0;
  std::size_t aside_ = 0;
  std::size_t count_ = 0;
};

}  // namespace boxcar
