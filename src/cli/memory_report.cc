#include "cli/memory_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/terminal.h"

namespace boxcar {

namespace {

// Whether what the step started with, before it grew, covers the peak: what its documents say, or what another rule
// gave.
bool covered(const PlannedStep& step, const ScaledNeeds& scaled, bool limit, std::uint64_t peak) {
  const Needs needs = needs_of(step);
  if ((limit ? needs.limits : needs.requests).memory.value_or(0) >= peak) return true;
  return std::any_of(scaled.rules.begin(), scaled.rules.end(), [&](const RuleOfPort& rule) {
    return rule.rule.limit == limit && rule.measured && rule.gives() >= peak;
  });
}

bool exact(StepStatus status, std::string_view engine) {
  return status != StepStatus::Cached && engine.starts_with("embedded");
}

// Of a container that was killed for memory the peak says where it was stopped, not what it would have taken.
std::string rule_report(const PlannedStep& step, const StepState& state, const ScaledNeeds& scaled,
                        const RuleOfPort& rule, std::string_view engine) {
  std::string text = fmt::format("    {} {}: {}\n", rule.rule.limit ? "limit" : "request", rule.text(), rule.outcome());
  if (state.failure == Failure::Memory) {
    if (rule.rule.limit) text += "    warning: the step ran out of memory, so how much it takes is not known\n";
  } else if (!covered(step, scaled, rule.rule.limit, state.peak_memory)) {
    text += "    warning: that is less than the peak";
    if (const auto bytes = rule.measured->bytes; bytes != 0)
      text += fmt::format("; a scale_factor of {}{} would cover it", exact(state.status, engine) ? "" : "at least ",
                          (state.peak_memory + bytes - 1) / bytes);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string peak_text(std::uint64_t bytes, StepStatus status, std::string_view engine) {
  return (exact(status, engine) ? "peak " : "peak at least ") + human_bytes(bytes);
}

std::string memory_report(const RunReport& report) {
  std::string text = "memory:\n";
  for (StepIndex step = 0; step < report.steps.size(); ++step) {
    if (!report.wanted.empty() && !report.wanted[step]) continue;
    const StepState& state = report.steps[step];
    const std::string name = visible(report.plan.steps[step].name);
    const std::string_view cached = state.status == StepStatus::Cached ? " when its result was made" : "";
    text += fmt::format(
        "  {}: {}{}\n", name,
        state.peak_memory == 0 ? "its peak is not known" : peak_text(state.peak_memory, state.status, report.engine),
        state.peak_memory == 0 ? "" : cached);
    const auto scaled = report.scaled.find(step);
    if (scaled == report.scaled.end()) continue;
    for (const auto& rule : scaled->second.rules) {
      if (rule.measured) text += rule_report(report.plan.steps[step], state, scaled->second, rule, report.engine);
    }
  }
  return text;
}

void print_memory(const RunReport& report) {
  (void)write_all(2, memory_report(report));
}

}  // namespace boxcar
