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
  if (!tree) return std::nullopt;
  bool whole = true;
  const auto expected = [&](const Node& node, const std::string& subject, std::string_view what) {
    whole = false;
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
      Setting setting{step.text + "." + name.text, {}, document.name, name.at};
      const auto text_of = [&](const Node& node) {
        if (!node.is_scalar() || node.kind == Node::Kind::Null) expected(node, printable(setting.name), "a value");
        return node.text;
      };
      if (value.is_sequence()) {
        setting.items.emplace();
        for (const auto& item : Items(value)) setting.items->push_back(text_of(item));
      } else {
        setting.value = text_of(value);
      }
      settings.push_back(std::move(setting));
    }
  }
  if (!whole) return std::nullopt;
  return settings;
}

}  // namespace boxcar
