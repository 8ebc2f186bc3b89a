#include "spec/parameter.h"

#include <algorithm>

namespace boxcar {

namespace {

Type type_named(std::string_view name) {
  Type type;
  if (name.starts_with("List[")) {
    type.list = true;
    name = name.substr(5, name.size() - 6);
  }
  if (name == "bool") type.scalar = Scalar::Bool;
  if (name == "int") type.scalar = Scalar::Int;
  if (name == "float") type.scalar = Scalar::Float;
  if (name == "choice") type.scalar = Scalar::Choice;
  if (name == "file" || name == "directory") type.scalar = Scalar::File;
  return type;  // "str", and "char" as Kliko first called it
}

// What other languages call our types, too far off for a spelling mistake.
std::string_view foreign_name(std::string_view name) {
  if (name == "string" || name == "text") return "str";
  if (name == "integer") return "int";
  if (name == "boolean") return "bool";
  if (name == "double" || name == "number") return "float";
  if (name == "enum") return "choice";
  if (name == "path") return "file";
  return {};
}

}  // namespace

std::optional<Type> read_type(const Fields& fields, std::span<const std::string_view> names) {
  if (fields.need("type") == nullptr) return std::nullopt;
  const auto* node = fields.find("type");
  if (const auto meant = foreign_name(node->text); !meant.empty() && node->is_scalar()) {
    fields.expected("type", *node, alternatives(names), " (did you mean '" + std::string(meant) + "'?)");
    return std::nullopt;
  }
  const auto index = fields.word("type", names);
  if (!index) return std::nullopt;
  return type_named(names[*index]);
}

std::vector<Choice> read_choices(const Fields& fields, std::string_view key, bool as_list, Report& report) {
  std::vector<Choice> choices;
  const auto* node = fields.find(key);
  if (node == nullptr) return choices;
  if (node->is_sequence() && as_list) {
    for (const auto& item : Items(*node)) {
      if (!item.is_scalar()) {
        fields.expected(key, item, "a value");
        continue;
      }
      if (std::any_of(choices.begin(), choices.end(), [&](const Choice& c) { return c.value == item.scalar(); })) {
        report.error(item.at, fields.subject().text() + ": the choice " + item.scalar().json() + " stands twice");
      }
      choices.push_back({item.scalar(), {}});
    }
    return choices;
  }
  if (!node->is_mapping()) {
    fields.expected(key, *node,
                    as_list ? "a list of values, or a mapping of value to label" : "a mapping of value to label");
    return choices;
  }
  for (const auto& [value, label] : Pairs(*node)) {
    if (!label.is_scalar()) fields.expected(key, label, "a label");
    choices.push_back({value.scalar(), label.text});
  }
  return choices;
}

std::optional<Value> read_initial(const Fields& fields, std::string_view key, const Parameter& parameter,
                                  Report& report) {
  const auto* node = fields.find(key);
  if (node == nullptr) return std::nullopt;
  auto value = value_of(*node, fields.subject(), report);
  if (!value) return std::nullopt;
  if (parameter.type.scalar == Scalar::Choice && parameter.choices.empty()) return value;  // already reported
  if (const auto checked = check_value(parameter, *value); !checked) {
    report.error(node->at, fields.subject().text() + ", '" + std::string(key) + "': " + checked.error().message);
    return std::nullopt;
  }
  return value;
}

}  // namespace boxcar
