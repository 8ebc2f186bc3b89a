// What --config FILE gives: values of steps by their names, as {STEP: {NAME: VALUE}} in JSON or YAML.
#include "base/text.h"
#include "spec/json.h"
#include "spec/reader.h"
#include "spec/yaml.h"

namespace boxcar {

std::optional<Settings> read_step_values(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto tree = looks_like_json(document.text) ? read_json(document.text, report)
                                                   : read_yaml(document.text, YamlVersion::V12, report);
  if (!tree || !report.ok()) return std::nullopt;
  const auto expected = [&](const Node& node, const std::string& subject, std::string_view what) {
    report.error(node.at, subject + ": expected " + std::string(what) + ", found " + node.described());
  };
  if (!tree->root().is_mapping()) {
    expected(tree->root(), "the configuration", "steps by name, {STEP: {NAME: VALUE}}");
    return std::nullopt;
  }
  Settings settings;
  for (const auto& [step, values] : Pairs(tree->root())) {
    if (!values.is_mapping()) {
      expected(values, "step " + in_quotes(step.text), "its values by name, {NAME: VALUE}");
      continue;
    }
    for (const auto& [name, value] : Pairs(values)) {
      const std::string full = step.text + "." + name.text;
      const auto add = [&, at = name.at](const Node& node) {
        if (node.is_scalar() && node.kind != Node::Kind::Null) {
          settings.push_back({full, node.text, document.name, at});
        } else {
          expected(node, printable(full), "a value");
        }
      };
      if (!value.is_sequence()) {
        add(value);
      } else {
        for (const auto& item : Items(value)) add(item);
      }
    }
  }
  if (!report.ok()) return std::nullopt;
  return settings;
}

}  // namespace boxcar
