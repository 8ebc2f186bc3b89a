#include "plan/workflow_values.h"

#include "base/text.h"
#include "model/template.h"

namespace boxcar {

namespace {

constexpr std::string_view kInputs = "inputs.";

// The name when `text` is one reference and nothing else, or "".
std::string_view whole_reference(std::string_view text) {
  if (!text.starts_with("${") || text.find('}') != text.size() - 1) return {};
  return text.substr(2, text.size() - 3);
}

using Entry = WorkflowValues::Entry;

// A path, or each of a list, made absolute. False: one is not there, and a finding says so.
bool find_paths(Value& value, const Taker& taker, HostPaths& hosts, HostPaths::Origin origin, const Spot& spot) {
  if (auto* list = value.list()) {
    bool good = true;
    for (auto& item : *list) good = find_paths(item, taker, hosts, origin, spot) && good;
    return good;
  }
  if (!value.text()) return true;
  auto path = hosts.find(*value.text(), origin, taker, spot);
  if (path) value = Value(std::move(*path));
  return path.has_value();
}

Entry settle(const WorkflowInput& input, const GivenTexts* given, HostPaths& hosts, const Spot& spot) {
  const auto& parameter = input.parameter;
  const Spot place = given ? spot.setting(*given->setting) : spot.moved(parameter.at);
  const std::string subject = "workflow input " + in_quotes(parameter.name);
  Entry entry{&input, {}, true};
  if (given) {
    auto value = given->value_for(parameter);
    if (!value) {
      place.error(value.error().message);
      return entry;
    }
    entry.value = std::move(*value);
  } else if (!parameter.initial || parameter.initial->is_null()) {
    entry.broken = parameter.required;
    if (parameter.required) {
      const auto* what = input.directory ? "DIRECTORY" : entry.is_path() ? "FILE" : "VALUE";
      place.error(subject + " needs a value: --set " + parameter.name + "=" + what);
    }
    return entry;
  } else if (auto checked = check_value(parameter, *parameter.initial); !checked) {
    place.error("the default of " + subject + ": " + checked.error().message);
    return entry;
  } else {
    entry.value = *parameter.initial;
  }
  const Taker taker{"workflow input", parameter.name, input.directory ? PortKind::Directory : PortKind::File};
  const auto origin = given ? HostPaths::Origin::Caller : HostPaths::Origin::Workflow;
  entry.broken = entry.is_path() && !find_paths(entry.value, taker, hosts, origin, place);
  return entry;
}

}  // namespace

void GivenTexts::add(const Setting& one) {
  if (setting && setting->file != one.file) texts.clear();  // --set wins over a configuration
  setting = &one;
  if (one.items) {
    texts.insert(texts.end(), one.items->begin(), one.items->end());
  } else {
    texts.push_back(one.value);
  }
}

Result<Value> GivenTexts::value_for(const Parameter& parameter) const {
  if (parameter.type.list) return parse_value(parameter, texts);
  if (!setting->items) return parse_value(parameter, {setting->value});
  Value list{List()};  // not one value, whatever it holds
  CHECK_OK(check_value(parameter, list));
  return list;
}

WorkflowValues::WorkflowValues(const std::vector<WorkflowInput>& inputs, const Given& given, HostPaths& hosts,
                               const Spot& spot) {
  entries_.reserve(inputs.size());
  for (const auto& input : inputs) {
    const auto found = given.find(input.parameter.name);
    entries_.push_back(settle(input, found == given.end() ? nullptr : &found->second, hosts, spot));
    by_name_.emplace(input.parameter.name, &entries_.back());
  }
}

const WorkflowValues::Entry* WorkflowValues::find(std::string_view name, const Spot& spot) const {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& entry : entries_) names.push_back(entry.input->parameter.name);
  spot.error("there is no workflow input " + in_quotes(name) + spot.hints(name, names));
  return nullptr;
}

const WorkflowValues::Entry* WorkflowValues::referenced(std::string_view reference, Paths paths,
                                                        const Spot& spot) const {
  if (!reference.starts_with(kInputs)) {
    spot.error("expected ${inputs.NAME}, found '${" + printable(reference) + "}' (write $${ for the text ${)");
    return nullptr;
  }
  const auto* entry = find(reference.substr(kInputs.size()), spot);
  if (!entry || entry->broken) return nullptr;
  if (entry->is_path() && paths == Paths::Refused) {
    spot.error("workflow input " + in_quotes(entry->input->parameter.name) + " is a " +
               (entry->input->directory ? "directory" : "file") +
               " of the host: it can only feed an input port or a parameter of type file");
    return nullptr;
  }
  return entry;
}

std::optional<std::string> WorkflowValues::expand(const std::string& text, Paths paths, const Spot& spot) const {
  if (text.find('$') == std::string::npos) return text;
  bool good = true;
  auto expanded = boxcar::expand(text, [&](std::string_view reference) -> Result<std::string> {
    const auto* entry = referenced(reference, paths, spot);
    good = good && entry;
    return entry && !entry->value.is_null() ? entry->value.plain() : std::string();
  });
  if (!expanded) spot.error(expanded.error().message);
  if (!expanded || !good) return std::nullopt;
  return std::move(*expanded);
}

std::optional<Value> WorkflowValues::expand(Value value, Paths paths, const Spot& spot) const {
  if (auto* list = value.list()) {
    bool good = true;
    for (auto& item : *list) {
      auto expanded = expand(std::move(item), paths, spot);
      good = good && expanded;
      if (expanded) item = std::move(*expanded);
    }
    return good ? std::optional(std::move(value)) : std::nullopt;
  }
  const auto* text = value.text();
  if (!text || text->find('$') == std::string::npos) return value;
  if (const auto reference = whole_reference(*text); !reference.empty()) {
    const auto* entry = referenced(reference, paths, spot);
    return entry ? std::optional(entry->value) : std::nullopt;
  }
  auto expanded = expand(*text, paths, spot);
  return expanded ? std::optional(Value(std::move(*expanded))) : std::nullopt;
}

}  // namespace boxcar
