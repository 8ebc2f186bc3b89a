#include "spec/fields.h"

#include <algorithm>

#include "base/text.h"

namespace boxcar {

std::string alternatives(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += "'" + std::string(words[i]) + "'";
  }
  return out;
}

Fields::Fields(const Node& node, Subject subject, std::span<const std::string_view> keys, Report& report,
               Unknown unknown)
    : node_(node), subject_(subject), report_(report) {
  if (!node.is_mapping()) {
    report.error(node.at, subject.text() + ": expected a mapping, found " + node.described());
    return;
  }
  for (const auto& [key, value] : Pairs(node)) {
    if (std::find(keys.begin(), keys.end(), key.text) != keys.end()) continue;
    const auto meant = nearest(key.text, std::vector<std::string>(keys.begin(), keys.end()));
    auto said = subject.text() + " has the unknown key " + in_quotes(key.text);
    if (!meant.empty()) said += " (did you mean '" + meant + "'?)";
    if (unknown == Unknown::PassedOver) {
      report.warn(key.at, said + "; it is passed over");
      continue;
    }
    report.error(key.at, meant.empty() ? said + "; expected " + alternatives(keys) : said);
    if (!meant.empty()) misspelled_.push_back(meant);
  }
}

const Node* Fields::find(std::string_view key) const {
  const auto* value = node_.is_mapping() ? Pairs(node_).find(key) : nullptr;
  return value == nullptr || value->kind == Node::Kind::Null ? nullptr : value;
}

const Node* Fields::need(std::string_view key) const {
  if (const auto* value = find(key)) return value;
  if (!node_.is_mapping()) return nullptr;
  if (const auto* empty = Pairs(node_).find(key)) {
    report_.error(empty->at, subject_.text() + ": the key '" + std::string(key) + "' has no value");
  } else if (std::find(misspelled_.begin(), misspelled_.end(), key) == misspelled_.end()) {
    report_.error(node_.at, subject_.text() + " lacks the key '" + std::string(key) + "'");
  }
  return nullptr;
}

void Fields::expected(std::string_view key, const Node& value, std::string_view what, std::string_view hint) const {
  report_.error(value.at, subject_.text() + ", '" + std::string(key) + "': expected " + std::string(what) + ", found " +
                              value.described() + std::string(hint));
}

bool Fields::is_argument(std::string_view key, const Node& word) const {
  if (!has_nul(word.text)) return true;
  expected(key, word, "a string without a NUL byte, which ends every word that a program gets");
  return false;
}

std::optional<std::string> Fields::text(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Node::Kind::String) return value->text;
  expected(key, *value, value->is_scalar() ? "a string (in quotes)" : "a string");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t least, std::int64_t most) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Node::Kind::Int && value->integer >= least && value->integer <= most) return value->integer;
  if (value->fits) expected(key, *value, "an int from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Node::Kind::Bool) return value->boolean;
  expected(key, *value, "true or false");
  return std::nullopt;
}

std::optional<Seconds> Fields::duration(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_scalar()) {
    if (const auto seconds = parse_duration(value->text); seconds && seconds->count() > 0) return seconds;
  }
  expected(key, *value, "a time above 0 of at most 36500d: seconds, or a number with s, m, h, d or w (30m, 1.5h)");
  return std::nullopt;
}

std::optional<std::size_t> Fields::word(std::string_view key, std::span<const std::string_view> words) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == Node::Kind::String) {
    const auto found = std::find(words.begin(), words.end(), value->text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    const auto hint = did_you_mean(value->text, std::vector<std::string>(words.begin(), words.end()));
    expected(key, *value, alternatives(words), hint);
    return std::nullopt;
  }
  expected(key, *value, alternatives(words));
  return std::nullopt;
}

const Node* Fields::mapping(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->is_mapping()) return value;
  expected(key, *value, "a mapping");
  return nullptr;
}

const Node* Fields::sequence(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || value->is_sequence()) return value;
  expected(key, *value, "a list");
  return nullptr;
}

std::optional<Value> value_of(const Node& node, const Subject& subject, Report& report) {
  if (node.is_scalar()) return node.scalar();
  if (node.is_mapping()) {
    report.error(node.at, subject.text() + ": expected a value or a list of values, found a mapping");
    return std::nullopt;
  }
  List list;
  for (const auto& item : Items(node)) {
    auto value = value_of(item, subject, report);
    if (!value) return std::nullopt;
    list.push_back(std::move(*value));
  }
  return Value(std::move(list));
}

}  // namespace boxcar
