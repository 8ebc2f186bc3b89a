#include "plan/spot.h"

#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kMostCompared = 1'000'000;
constexpr std::size_t kFew = 8;

}  // namespace

bool Hints::exhausted() const {
  return compared_ > kMostCompared;
}

std::string Hints::operator()(std::string_view name, const std::vector<std::string>& candidates) {
  if (exhausted()) return "";
  compared_ += candidates.size();
  auto hint = did_you_mean(name, candidates);
  if (!hint.empty() || candidates.size() > kFew) return hint;
  return candidates.empty() ? " (there are none)" : " (there is: " + printable(join(candidates, ", ")) + ")";
}

std::string Spot::said(std::string_view message) const {
  std::string text;
  if (subject == Subject::Step) text = "step " + in_quotes(name) + ": ";
  if (subject == Subject::Setting) text = (file.empty() ? "--set " : "") + printable(name) + ": ";
  return text.append(message);
}

void Spot::error(std::string_view message) const {
  findings.error(file, at, said(message));
}

void Spot::warn(std::string_view message) const {
  findings.warn(file, at, said(message));
}

std::string Taker::text() const {
  return std::string(noun) + " " + in_quotes(name);
}

}  // namespace boxcar
