#include "spec/jinja_filters.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>

#include "base/text.h"
#include "spec/jinja_numbers.h"

namespace boxcar::jinja {

namespace {

using Arguments = std::vector<Json>;
using Make = std::function<Result<Json>(const Json& value, const Arguments& arguments)>;

struct Row {
  std::string_view name;
  std::size_t least;  // arguments
  std::size_t most;
  Make make;
};

// --- text; of letters only ASCII's have cases here

std::string changed(std::string text, int (*change)(int)) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(change(c));
  }
  return text;
}

Result<Json> lower(const Json& value, const Arguments& /*none*/) {
  return Json(changed(plain(value), std::tolower));
}

Result<Json> upper(const Json& value, const Arguments& /*none*/) {
  return Json(changed(plain(value), std::toupper));
}

Result<Json> capitalize(const Json& value, const Arguments& /*none*/) {
  std::string text = changed(plain(value), std::tolower);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return Json(text);
}

Result<Json> title(const Json& value, const Arguments& /*none*/) {
  std::string text = changed(plain(value), std::tolower);
  bool begins = true;
  for (char& c : text) {
    if (begins && static_cast<unsigned char>(c) < 0x80) c = static_cast<char>(std::toupper(c));
    begins = std::string_view(" \t\r\n\f\v-([{<").find(c) != std::string_view::npos;
  }
  return Json(text);
}

// The method, unlike the filter, begins a word behind all that is no letter.
Result<Json> title_of_letters(const Json& value, const Arguments& /*none*/) {
  std::string text = changed(plain(value), std::tolower);
  bool within = false;
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!within && byte < 0x80) c = static_cast<char>(std::toupper(byte));
    within = byte >= 0x80 || std::isalpha(byte) != 0;
  }
  return Json(text);
}

constexpr std::string_view kBlank = " \t\r\n\f\v";

Result<Json> stripped(const Json& value, const Arguments& arguments, bool left, bool right) {
  std::string what(kBlank);
  if (!arguments.empty()) {
    if (!arguments[0].is_string()) return wrong(arguments[0], "a string");
    what = arguments[0].get<std::string>();
    const bool ascii =
        std::all_of(what.begin(), what.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!ascii) return fail(ErrorKind::Invalid, "boxcar takes off no other characters than ASCII's");
  }
  std::string text = plain(value);
  if (right) text.resize(text.find_last_not_of(what) + 1);
  if (left) text.erase(0, text.find_first_not_of(what));
  return Json(text);
}

Result<Json> trim(const Json& value, const Arguments& arguments) {
  return stripped(value, arguments, true, true);
}

Result<Json> trim_left(const Json& value, const Arguments& arguments) {
  return stripped(value, arguments, true, false);
}

Result<Json> trim_right(const Json& value, const Arguments& arguments) {
  return stripped(value, arguments, false, true);
}

Result<Json> replace(const Json& value, const Arguments& arguments) {
  const std::string text = plain(value);
  const std::string from = plain(arguments[0]);
  const std::string to = plain(arguments[1]);
  CHECK_OK(check_sought(from));
  std::string made;
  std::size_t at = 0;
  for (auto found = text.find(from); found != std::string::npos; found = text.find(from, at)) {
    made += text.substr(at, found - at) + to;
    at = found + from.size();
    if (made.size() > kMostText) return too_long();
  }
  return Json(made + text.substr(at));
}

Result<Json> starts_with(const Json& value, const Arguments& arguments) {
  return Json(plain(value).starts_with(plain(arguments[0])));
}

Result<Json> ends_with(const Json& value, const Arguments& arguments) {
  return Json(plain(value).ends_with(plain(arguments[0])));
}

// Without a separator blanks are, as many as there are.
Result<Json> split_at_blanks(const std::string& text) {
  Json parts = Json::array();
  for (std::size_t at = text.find_first_not_of(kBlank); at < text.size(); at = text.find_first_not_of(kBlank, at)) {
    const auto end = std::min(text.find_first_of(kBlank, at), text.size());
    parts.push_back(text.substr(at, end - at));
    if (parts.size() > kMostItems) return too_many_items();
    at = end;
  }
  return parts;
}

Result<Json> split_up(const Json& value, const Arguments& arguments) {
  const std::string text = plain(value);
  if (arguments.empty()) return split_at_blanks(text);
  const std::string by = plain(arguments[0]);
  CHECK_OK(check_sought(by));
  Json parts = Json::array();
  for (std::size_t at = 0;;) {
    const auto end = std::min(text.find(by, at), text.size());
    parts.push_back(text.substr(at, end - at));
    if (parts.size() > kMostItems) return too_many_items();
    if (end == text.size()) return parts;
    at = end + by.size();
  }
}

// --- lists and mappings

Result<Json> as_list(const Json& value, const Arguments& /*none*/) {
  auto items = items_of(value);
  if (!items) return wrong(value, "a list, a mapping or a string");
  if (items->size() > kMostItems) return too_many_items();
  return *std::move(items);
}

Result<Json> length(const Json& value, const Arguments& none) {
  TRY(const Json items, as_list(value, none));
  return Json(items.size());
}

Result<Json> first(const Json& value, const Arguments& none) {
  TRY(const Json items, as_list(value, none));
  if (items.empty()) return fail(ErrorKind::Invalid, "there is no first item: it is empty");
  return Json(items.front());
}

Result<Json> last(const Json& value, const Arguments& none) {
  TRY(const Json items, as_list(value, none));
  if (items.empty()) return fail(ErrorKind::Invalid, "there is no last item: it is empty");
  return Json(items.back());
}

Result<Json> join_up(const Json& value, const Arguments& arguments) {
  TRY(const Json items, as_list(value, {}));
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(plain(item));
  return Json(join(texts, arguments.empty() ? "" : plain(arguments[0])));
}

Result<Json> reversed(const Json& value, const Arguments& none) {
  TRY(Json items, as_list(value, none));
  std::reverse(items.begin(), items.end());
  return value.is_string() ? join_up(items, none) : items;
}

// As these filters compare: texts without regard to case.
bool before(const Json& left, const Json& right) {
  if (left.is_number()) return exact(left) < exact(right);
  return changed(plain(left), std::tolower) < changed(plain(right), std::tolower);
}

Result<Json> sorted(const Json& value, const Arguments& none) {
  TRY(Json items, as_list(value, none));
  const bool alike = std::all_of(items.begin(), items.end(), [&](const Json& item) {
    return (item.is_number() && items[0].is_number()) || (item.is_string() && items[0].is_string());
  });
  if (!alike) return wrong(value, "a list of strings alone, or of numbers alone");
  std::stable_sort(items.begin(), items.end(), before);
  return items;
}

// The same for what is equal in Python: true, 1 and 1.0. None: it is a list or a mapping.
std::optional<std::string> key_of(const Json& item) {
  if (item.is_structured() || is_tuple(item)) return std::nullopt;
  if (item.is_string()) return "'" + changed(item.get<std::string>(), std::tolower);
  if (item.is_null()) return "";
  if (item.is_boolean()) return item.get<bool>() ? "1" : "0";
  if (item.is_number_integer()) return plain(item);
  const auto whole = cut(item.get<double>());
  return plain(whole && exact(*whole) == exact(item) ? *whole : item);
}

Result<Json> unique(const Json& value, const Arguments& none) {
  TRY(const Json items, as_list(value, none));
  Json made = Json::array();
  std::unordered_set<std::string> seen;
  for (const auto& item : items) {
    const auto key = key_of(item);
    if (!key) return wrong(item, "strings, numbers, bools or none in the list");
    if (seen.insert(*key).second) made.push_back(item);
  }
  return made;
}

Result<Json> pairs(const Json& value, const Arguments& /*none*/) {
  if (!value.is_object()) return wrong(value, "a mapping");
  Json made = Json::array();
  for (const auto& [key, item] : value.items()) made.push_back(tuple_of(Json::array({key, item})));
  return made;
}

Result<Json> sorted_pairs(const Json& value, const Arguments& /*none*/) {
  if (!value.is_object()) return wrong(value, "a mapping");
  std::vector<std::string> keys;
  for (const auto& [key, unused] : value.items()) keys.push_back(key);
  std::stable_sort(keys.begin(), keys.end(), before);
  Json made = Json::array();
  for (const auto& key : keys) made.push_back(tuple_of(Json::array({key, value[key]})));
  return made;
}

Result<Json> keys(const Json& value, const Arguments& /*none*/) {
  if (!value.is_object()) return wrong(value, "a mapping");
  return *items_of(value);
}

Result<Json> values(const Json& value, const Arguments& /*none*/) {
  if (!value.is_object()) return wrong(value, "a mapping");
  Json made = Json::array();
  for (const auto& item : value) made.push_back(item);
  return made;
}

Result<Json> get(const Json& value, const Arguments& arguments) {
  if (!value.is_object()) return wrong(value, "a mapping");
  if (!arguments[0].is_string()) return wrong(arguments[0], "a string");
  const auto found = value.find(arguments[0].get<std::string>());
  if (found != value.end()) return Json(*found);
  return arguments.size() > 1 ? arguments[1] : Json();
}

// --- numbers

// What is none is the argument, or 0.
Result<Json> as_int(const Json& value, const Arguments& arguments) {
  if (value.is_number_integer()) return value;
  if (value.is_boolean()) return Json(value.get<bool>() ? 1 : 0);
  if (value.is_number()) return cut(value.get<double>());
  std::optional<Json> number;
  if (value.is_string()) {
    TRY(number, int_in(value.get<std::string>()));
  }
  return number ? *number : arguments.empty() ? Json(0) : arguments[0];
}

Result<Json> as_float(const Json& value, const Arguments& arguments) {
  if (value.is_number() || value.is_boolean()) return Json(static_cast<double>(exact(value)));
  std::optional<Json> number;
  if (value.is_string()) {
    TRY(number, float_in(value.get<std::string>()));
  }
  return number ? *number : arguments.empty() ? Json(0.0) : arguments[0];
}

Result<Json> absolute_of(const Json& value, const Arguments& /*none*/) {
  if (!value.is_number()) return wrong(value, "a number");
  return absolute(value);
}

Result<Json> rounded_to(const Json& value, const Arguments& arguments) {
  if (!value.is_number()) return wrong(value, "a number");
  if (!arguments.empty() && !arguments[0].is_number_integer()) return wrong(arguments[0], "an int");
  return rounded(value, arguments.empty() ? 0 : arguments[0].get<std::int64_t>());
}

// --- all values

void append_json(std::string& out, const Json& value) {
  if (value.is_object()) {
    std::vector<std::string> keys;
    for (const auto& [key, unused] : value.items()) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    out += '{';
    for (const auto& key : keys) {
      if (out.back() != '{') out += ", ";
      append_json(out, key);
      out += ": ";
      append_json(out, value[key]);
    }
    out += '}';
  } else if (value.is_array() || is_tuple(value)) {
    out += '[';
    const Json items = *items_of(value);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      append_json(out, items[i]);
    }
    out += ']';
  } else if (value.is_number_float()) {
    out += shown(value.get<double>());
  } else {
    out += value.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
}

// As Jinja writes it: keys sorted, and nothing in it that means something to HTML.
Result<Json> to_json(const Json& value, const Arguments& /*none*/) {
  std::string text;
  append_json(text, value);
  std::string made;
  for (const char c : text) {
    switch (c) {
      case '<':
        made += "\\u003c";
        break;
      case '>':
        made += "\\u003e";
        break;
      case '&':
        made += "\\u0026";
        break;
      case '\'':
        made += "\\u0027";
        break;
      default:
        made += c;
    }
  }
  if (made.size() > kMostText) return too_long();
  return Json(made);
}

Result<Json> to_string(const Json& value, const Arguments& /*none*/) {
  return Json(plain(value));
}

const std::vector<Row>& filters() {
  static const std::vector<Row> rows = {{"abs", 0, 0, absolute_of},
                                        {"capitalize", 0, 0, capitalize},
                                        {"count", 0, 0, length},
                                        {"first", 0, 0, first},
                                        {"float", 0, 1, as_float},
                                        {"int", 0, 1, as_int},
                                        {"join", 0, 1, join_up},
                                        {"last", 0, 0, last},
                                        {"length", 0, 0, length},
                                        {"list", 0, 0, as_list},
                                        {"lower", 0, 0, lower},
                                        {"replace", 2, 2, replace},
                                        {"reverse", 0, 0, reversed},
                                        {"round", 0, 1, rounded_to},
                                        {"sort", 0, 0, sorted},
                                        {"string", 0, 0, to_string},
                                        {"title", 0, 0, title},
                                        {"tojson", 0, 0, to_json},
                                        {"trim", 0, 1, trim},
                                        {"unique", 0, 0, unique},
                                        {"upper", 0, 0, upper},
                                        {"items", 0, 0, pairs},
                                        {"dictsort", 0, 0, sorted_pairs}};
  return rows;
}

const std::vector<Row>& methods() {
  static const std::vector<Row> rows = {{"capitalize", 0, 0, capitalize},
                                        {"endswith", 1, 1, ends_with},
                                        {"get", 1, 2, get},
                                        {"items", 0, 0, pairs},
                                        {"keys", 0, 0, keys},
                                        {"lower", 0, 0, lower},
                                        {"lstrip", 0, 1, trim_left},
                                        {"replace", 2, 2, replace},
                                        {"rstrip", 0, 1, trim_right},
                                        {"split", 0, 1, split_up},
                                        {"startswith", 1, 1, starts_with},
                                        {"strip", 0, 1, trim},
                                        {"title", 0, 0, title_of_letters},
                                        {"upper", 0, 0, upper},
                                        {"values", 0, 0, values}};
  return rows;
}

const std::vector<Row>& tests() {
  using J = const Json&;
  using A = const Arguments&;
  static const std::vector<Row> rows = {
      {"none", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_null()); }},
      {"string", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_string()); }},
      {"number", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_number() || v.is_boolean()); }},
      {"integer", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_number_integer()); }},
      {"float", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_number_float()); }},
      {"boolean", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_boolean()); }},
      {"mapping", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_object()); }},
      {"sequence", 0, 0, [](J v, A) -> Result<Json> { return Json(items_of(v).has_value()); }},
      {"iterable", 0, 0, [](J v, A) -> Result<Json> { return Json(items_of(v).has_value()); }},
      {"true", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_boolean() && v.get<bool>()); }},
      {"false", 0, 0, [](J v, A) -> Result<Json> { return Json(v.is_boolean() && !v.get<bool>()); }},
      {"eq", 1, 1, [](J v, A a) -> Result<Json> { return Json(equal(v, a[0])); }},
      {"equalto", 1, 1, [](J v, A a) -> Result<Json> { return Json(equal(v, a[0])); }},
      {"in", 1, 1, [](J v, A a) -> Result<Json> { return operate("in", v, a[0]); }}};
  return rows;
}

std::vector<std::string> names_of(const std::vector<Row>& rows, std::vector<std::string> more) {
  for (const auto& row : rows) more.emplace_back(row.name);
  return more;
}

Result<Operand> apply(const std::vector<Row>& rows, std::string_view noun, const std::vector<std::string>& others,
                      std::string_view name, const Operand& value, const Arguments& arguments) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.name == name; });
  if (row == rows.end())
    return fail(ErrorKind::Invalid, "there is no " + std::string(noun) + " " + in_quotes(name) +
                                        did_you_mean(name, names_of(rows, others)));
  if (!value.defined() || value.whole()) return fail(ErrorKind::NotFound, "undefined");
  if (arguments.size() < row->least || arguments.size() > row->most)
    return fail(ErrorKind::Invalid, std::string(noun) + " " + in_quotes(name) + " takes " + std::to_string(row->least) +
                                        (row->most > row->least ? " or " + std::to_string(row->most) : "") +
                                        " arguments, found " + std::to_string(arguments.size()));
  auto made = row->make(value.json, arguments);
  if (!made) return fail(std::move(made).error().in(std::string(noun) + " " + in_quotes(name)));
  return Operand{*std::move(made)};
}

}  // namespace

Result<Operand> filter(std::string_view name, const Operand& value, const Arguments& arguments) {
  if (name == "default" || name == "d") {
    if (arguments.size() > 2) return fail(ErrorKind::Invalid, "filter 'default' takes 0 to 2 arguments");
    const bool also_false = arguments.size() == 2 && truth(arguments[1]);
    if (value.defined() && (value.whole() || !also_false || truth(value.json))) return value;
    return Operand{arguments.empty() ? Json("") : arguments[0]};
  }
  return apply(filters(), "filter", {"default"}, name, value, arguments);
}

Result<Operand> test(std::string_view name, const Operand& value, const Arguments& arguments) {
  if (name == "defined" || name == "undefined") return Operand{Json(value.defined() == (name == "defined"))};
  return apply(tests(), "test", {"defined", "undefined"}, name, value, arguments);
}

Result<Operand> call(std::string_view name, const Operand& value, const Arguments& arguments) {
  // What filters make a text of is none to Python.
  const bool of_mapping = name == "get" || name == "items" || name == "keys" || name == "values";
  if (value.defined() && !value.whole() && !of_mapping) {
    if (!value.json.is_string()) return wrong(value.json, "a string");
    for (const auto& argument : arguments) {
      if (!argument.is_string()) return wrong(argument, "a string");
    }
  }
  return apply(methods(), "method", {}, name, value, arguments);
}

}  // namespace boxcar::jinja
