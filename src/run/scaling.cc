#include "run/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/clock.h"
#include "base/text.h"

namespace boxcar {

namespace {

std::string_view name_of(ScaleRule::Mode mode) {
  switch (mode) {
    case ScaleRule::Mode::Sum:
      return "sum";
    case ScaleRule::Mode::LargestFile:
      return "max_file_size";
    case ScaleRule::Mode::LargestItem:
      break;
  }
  return "max_item_sum";
}

// `rules`: those that memory may yet grow with; `measured`: what has made it so.
std::string text_of(const Resources& resources, const std::vector<std::string>& rules, const std::string& measured) {
  std::vector<std::string> parts;
  if (resources.cpu) parts.push_back(fmt::format("cpu {:g}", *resources.cpu));
  std::vector<std::string> memory = rules;
  if (resources.memory) memory.insert(memory.begin(), human_bytes(*resources.memory) + measured);
  if (!resources.memory && !measured.empty()) memory.insert(memory.begin(), "not set" + measured);
  if (!memory.empty()) parts.push_back("memory " + join(memory, " or "));
  if (resources.gpus) parts.push_back(fmt::format("gpus {}", *resources.gpus));
  return join(parts, ", ");
}

}  // namespace

std::uint64_t RuleOfPort::gives() const {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(measured ? measured->bytes : 0, rule.factor, &product)) return most;
  return std::min<std::uint64_t>(product, most);
}

std::string RuleOfPort::text() const {
  return fmt::format("{} x {} ({})", rule.factor, port, name_of(rule.mode));
}

std::string RuleOfPort::outcome() const {
  const std::uint64_t files = measured->files;
  if (files == 0) return "no file counts";
  const std::string bytes = human_bytes(measured->bytes);
  const std::string given = human_bytes(gives());
  if (rule.mode == ScaleRule::Mode::Sum)
    return fmt::format("{} in {} file{} give {}", bytes, files, files == 1 ? "" : "s", given);
  const std::string what = rule.mode == ScaleRule::Mode::LargestItem ? "the largest item"
                           : files == 1                              ? "the only file"
                                                                     : fmt::format("the largest of {} files", files);
  return fmt::format("{}, with {}, gives {}", what, bytes, given);
}

bool has_rules(const PlannedStep& step) {
  const auto& inputs = step.tool->tool->inputs;
  return !step.options->scale.empty() ||
         std::any_of(inputs.begin(), inputs.end(), [](const Port& port) { return port.scale != nullptr; });
}

ScaledNeeds unmeasured(const PlannedStep& step) {
  ScaledNeeds scaled{needs_of(step), {}};
  for (const auto& port : step.tool->tool->inputs) {
    const auto& own = step.options->scale;
    const auto found = std::find_if(own.begin(), own.end(), [&](const auto& each) { return each.first == port.name; });
    if (found != own.end()) {
      scaled.rules.push_back({port.name, found->second, {}});
    } else if (port.scale) {
      scaled.rules.push_back({port.name, *port.scale, {}});
    }
  }
  return scaled;
}

Result<void> measure_rules(ScaledNeeds& scaled, const Sources& sources, const GivenUp& given_up) {
  bool limit_known = true;
  for (auto& rule : scaled.rules) {
    const auto source = sources.find(rule.port);
    if (source == sources.end()) {
      limit_known = limit_known && !rule.rule.limit;
      continue;
    }
    rule.measured.emplace();
    if (!source->second.empty()) {
      auto measured = measure(rule.rule, source->second, given_up);
      if (!measured) return fail(std::move(measured).error().in("measuring input " + in_quotes(rule.port)));
      rule.measured = *measured;
    }
    auto& memory = (rule.rule.limit ? scaled.needs.limits : scaled.needs.requests).memory;
    if (rule.gives() > memory.value_or(0)) memory = std::max(rule.gives(), rule.rule.limit ? kLeastMemory : 0);
  }
  auto& request = scaled.needs.requests.memory;
  if (const auto& limit = scaled.needs.limits.memory; limit && limit_known && request > limit) request = limit;
  return {};
}

std::optional<Needs> with_more_memory(const Needs& needs, const StepOptions& options, const Resources& machine) {
  if (!needs.limits.memory || options.retry_memory <= 1) return std::nullopt;
  const std::uint64_t before = *needs.limits.memory;
  const auto most = std::min(options.max_memory.value_or(std::numeric_limits<std::int64_t>::max()),
                             machine.memory.value_or(std::numeric_limits<std::int64_t>::max()));
  const double wished = std::ceil(static_cast<double>(before) * options.retry_memory);
  const auto memory = wished < static_cast<double>(most) ? static_cast<std::uint64_t>(wished) : most;
  if (memory <= before) return std::nullopt;
  Needs more = needs;
  more.limits.memory = memory;
  // What was the same for both, as boxcar.yml's plain `memory`, stays so.
  if (needs.requests.memory == needs.limits.memory) more.requests.memory = memory;
  return more;
}

std::string text_of(const ScaledNeeds& scaled) {
  const auto side = [&](bool limits) {
    std::vector<std::string> unknown;
    std::string measured;
    for (const auto& rule : scaled.rules) {
      if (rule.rule.limit != limits) continue;
      if (rule.measured) {
        measured += fmt::format(" ({}: {})", rule.text(), rule.outcome());
      } else {
        unknown.push_back(rule.text());
      }
    }
    return text_of(limits ? scaled.needs.limits : scaled.needs.requests, unknown, measured);
  };
  std::vector<std::string> parts;
  if (auto text = side(false); !text.empty()) parts.push_back("requests " + text);
  if (auto text = side(true); !text.empty()) parts.push_back("limits " + text);
  return join(parts, "; ");
}

}  // namespace boxcar
