#include "base/diagnostics.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace boxcar {

std::string Finding::text() const {
  std::string out = file;
  if (at.line != 0) out += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  if (!out.empty()) out += ": ";
  if (severity == Severity::Warning) out += "warning: ";
  return out + message;
}

void Findings::error(std::string_view file, Position at, std::string message) {
  add({std::string(file), at, Severity::Error, std::move(message)});
}

void Findings::warn(std::string_view file, Position at, std::string message) {
  add({std::string(file), at, Severity::Warning, std::move(message)});
}

void Findings::add(Finding finding) {
  if (finding.severity == Severity::Error) ++errors_;
  findings_.push_back(std::move(finding));
}

void Findings::sort() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Finding& a, const Finding& b) { return std::tie(a.file, a.at) < std::tie(b.file, b.at); });
  // Each turn of a template's loop finds the same in one place.
  std::vector<Finding> once;
  std::set<std::string> said;  // of the place
  for (auto& finding : findings_) {
    if (!once.empty() && std::tie(once.back().file, once.back().at) != std::tie(finding.file, finding.at)) said.clear();
    if (said.insert(finding.text()).second) {
      once.push_back(std::move(finding));
    } else if (finding.severity == Severity::Error) {
      --errors_;
    }
  }
  findings_ = std::move(once);
}

}  // namespace boxcar
