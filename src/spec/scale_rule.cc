#include "spec/scale_rule.h"

#include <array>

#include "base/pattern.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 6> kRuleKeys = {"scale_factor", "type",         "mode",
                                                       "target_dir",   "target_regex", "target_glob"};
constexpr std::array<std::string_view, 2> kRuleTypes = {"limit", "request"};
constexpr std::array<std::string_view, 3> kRuleModes = {"sum", "max_file_size", "max_item_sum"};

bool stays_within(std::string_view path) {
  if (path.starts_with('/') || has_nul(path)) return false;
  for (const auto part : split(path, '/')) {
    if (part == "..") return false;
  }
  return true;
}

}  // namespace

std::optional<ScaleRule> read_scale_rule(const Node& node, Subject subject, Unknown unknown, Report& report) {
  const Fields fields(node, subject, kRuleKeys, report, unknown);
  if (!fields.is_mapping()) return std::nullopt;
  ScaleRule rule;
  rule.at = node.at;
  fields.need("scale_factor");
  rule.factor = static_cast<std::uint64_t>(fields.integer("scale_factor", 1, 1'000'000'000).value_or(1));
  fields.need("type");
  rule.limit = fields.word("type", kRuleTypes).value_or(0) == 0;
  fields.need("mode");
  rule.mode = static_cast<ScaleRule::Mode>(fields.word("mode", kRuleModes).value_or(0));
  rule.directory = fields.text("target_dir").value_or("");
  if (!stays_within(rule.directory))
    fields.expected("target_dir", *fields.find("target_dir"), "a path within the input, without '..'");
  rule.regex = fields.text("target_regex").value_or(rule.regex);
  if (const auto compiled = Regex::compile(rule.regex); !compiled) {
    fields.expected("target_regex", *fields.find("target_regex"), "a regular expression in RE2's syntax",
                    " (" + compiled.error().message + ")");
  }
  rule.glob = fields.text("target_glob").value_or(rule.glob);
  return rule;
}

}  // namespace boxcar
