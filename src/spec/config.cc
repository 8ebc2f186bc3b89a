#include "spec/config.h"

#include <algorithm>
#include <array>

#include "spec/fields.h"
#include "spec/yaml.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 4> kKeys = {"engine", "pull", "jobs", "grace"};
constexpr std::int64_t kMostJobs = 10'000;

}  // namespace

std::optional<Config> read_config(const Document& document, Findings& findings) {
  Config config;
  const auto says_nothing = [](std::string_view line) {
    const auto first = line.find_first_not_of(" \t\r");
    return first == std::string_view::npos || line[first] == '#';
  };
  const auto all = lines(document.text);
  if (std::all_of(all.begin(), all.end(), says_nothing)) return config;
  Report report(document.name, findings);
  const auto tree = read_yaml(document.text, YamlVersion::V12, report);
  if (!tree || !report.ok()) return std::nullopt;
  if (tree->root().kind == Node::Kind::Null) return config;
  const Fields fields(tree->root(), {"the configuration"}, kKeys, report);
  if (const auto engine = fields.word("engine", kEngineNames)) config.engine = kEngineNames[*engine];
  if (const auto pull = fields.word("pull", kPullWords)) config.pull = kPullWords[*pull];
  if (const auto jobs = fields.integer("jobs", 1, kMostJobs)) config.jobs = static_cast<unsigned>(*jobs);
  config.grace = fields.duration("grace");
  if (!report.ok()) return std::nullopt;
  return config;
}

}  // namespace boxcar
