// parameters.json: the values of a tool's parameters, as one flat object. May be written in YAML.
#include "base/text.h"
#include "spec/fields.h"
#include "spec/json.h"
#include "spec/reader.h"
#include "spec/yaml.h"

namespace boxcar {

namespace {

std::optional<Tree> read_mapping(const Document& document, Report& report) {
  auto tree = looks_like_json(document.text) ? read_json(document.text, report)
                                             : read_yaml(document.text, YamlVersion::V11, report);
  if (!tree || tree->root().is_mapping()) return tree;
  report.error(tree->root().at, "expected a mapping of parameters to values, found " + tree->root().described());
  return std::nullopt;
}

}  // namespace

void check_parameters(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto tree = read_mapping(document, report);
  if (!tree) return;
  for (const auto& [key, value] : Pairs(tree->root())) value_of(value, {"parameter", key.text}, report);
}

std::optional<std::vector<std::pair<std::string, Value>>> read_parameters(const Document& document, const Tool& tool,
                                                                          Findings& findings) {
  Report report(document.name, findings);
  const auto tree = read_mapping(document, report);
  if (!tree) return std::nullopt;
  const auto& root = tree->root();
  for (const auto& [key, value] : Pairs(root)) {
    if (tool.parameter(key.text)) continue;
    report.error(key.at, "unknown parameter " + in_quotes(key.text) + did_you_mean(key.text, tool.parameter_names()));
  }
  std::vector<std::pair<std::string, Value>> values;
  for (const auto& parameter : tool.parameters) {
    const Subject subject{"parameter", parameter.name};
    const auto* node = Pairs(root).find(parameter.name);
    auto value = node ? value_of(*node, subject, report) : Value();
    if (!value) continue;
    if (value->is_null()) {  // not given, or given as null: the same
      if (parameter.required && !parameter.initial) {
        report.error(node ? node->at : root.at, subject.text() + " (" + parameter.type.name() + ") needs a value");
      }
      value = parameter.initial.value_or(Value());
    } else if (const auto checked = check_value(parameter, *value); !checked) {
      report.error(node->at, subject.text() + ": " + checked.error().message);
    }
    values.emplace_back(parameter.name, std::move(*value));
  }
  if (!report.ok()) return std::nullopt;
  return values;
}

}  // namespace boxcar
