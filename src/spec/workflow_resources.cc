#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "spec/scale_rule.h"
#include "spec/workflow_parts.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 5> kResourceKeys = {"cpu", "memory", "gpus", "requests", "scale"};
constexpr std::array<std::string_view, 3> kAmountKeys = {"cpu", "memory", "gpus"};
constexpr double kMost = 1e18;  // bytes or cores
constexpr double kMostTimes = 1000;

std::optional<double> amount(const Fields& fields, std::string_view key, double least, std::string_view what) {
  const auto* node = fields.find(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->is_scalar() ? parse_quantity(node->text) : std::nullopt;
  if (value && *value >= least && *value < kMost) return value;
  fields.expected(key, *node, value && *value >= kMost ? "less than 1E" : what);
  return std::nullopt;
}

std::optional<std::uint64_t> memory(const Fields& fields, std::string_view key) {
  const auto bytes = amount(fields, key, 1, "bytes above 0 (2Gi, 500M)");
  return bytes ? std::optional(static_cast<std::uint64_t>(std::ceil(*bytes))) : std::nullopt;
}

Resources read_amounts(const Fields& fields) {
  Resources resources;
  resources.cpu = amount(fields, "cpu", 0.001, "cores above 0 (2, 1.5, 500m)");
  resources.memory = memory(fields, "memory");
  if (const auto gpus = fields.integer("gpus", 0, Resources::kMostGpus)) resources.gpus = static_cast<int>(*gpus);
  return resources;
}

// "2x", "1.5x".
void read_retry_memory(const Fields& step, StepOptions& options) {
  const auto* node = step.find("retry_memory");
  if (node == nullptr) return;
  const std::string& text = node->text;
  double times = 0;
  if (node->kind == Node::Kind::String && text.ends_with('x')) {
    const char* const end = text.data() + text.size() - 1;
    const auto read = std::from_chars(text.data(), end, times, std::chars_format::fixed);
    if (read.ec != std::errc{} || read.ptr != end || !(times <= kMostTimes)) times = 0;
  }
  if (times < 1) return step.expected("retry_memory", *node, "how many times as much, from 1x to 1000x (2x, 1.5x)");
  options.retry_memory = times;
}

}  // namespace

void read_step_resources(const Fields& step, StepOptions& options, Report& report) {
  read_retry_memory(step, options);
  options.max_memory = memory(step, "max_memory");
  const auto* node = step.find("resources");
  if (node == nullptr) return;
  const Fields fields(*node, {"'resources' of step", step.subject().name}, kResourceKeys, report);
  if (!fields.is_mapping()) return;
  options.resources_at = node->at;
  options.needs.limits = read_amounts(fields);
  // What is wrong here is not to be said once more with the tool's.
  if (const auto limit = options.needs.limits.memory; limit && options.max_memory < limit && options.max_memory) {
    step.expected("max_memory", *step.find("max_memory"), "no less than the limit that grows, " + quantity(*limit));
    options.max_memory.reset();
  }
  options.needs.requests = options.needs.limits;
  if (const auto* requests = fields.mapping("requests")) {
    const Fields own(*requests, {"'requests' of step", step.subject().name}, kAmountKeys, report);
    options.needs.requests = read_amounts(own).or_else(options.needs.limits);
    const auto found = conflicts(options.needs);
    for (const auto& conflict : found)
      report.error(own.find(conflict.resource)->at, own.subject().text() + ": it " + conflict.text);
    if (!found.empty()) options.needs.requests = options.needs.limits;
  }
  if (const auto* scale = fields.mapping("scale")) {
    for (const auto& [port, rule] : Pairs(*scale)) {
      auto read = read_scale_rule(rule, {"the scale rule of port", port.text}, Unknown::Refused, report);
      if (read) options.scale.emplace_back(port.text, *std::move(read));
    }
  }
}

}  // namespace boxcar
