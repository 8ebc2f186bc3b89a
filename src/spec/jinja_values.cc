#include "spec/jinja_values.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "spec/jinja_numbers.h"

namespace boxcar::jinja {

namespace {

constexpr std::size_t kLongestSought = 256;  // looked for in a text, which takes as many times its length

Json list_of(const Json& tuple) {
  return Json::from_cbor(tuple.get_binary());
}

// A string within a list, as Python shows it.
std::string quoted(const std::string& text) {
  const char quote = text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string made(1, quote);
  for (const char c : text) {
    const auto found = std::string_view("\n\r\t\\").find(c);
    if (found != std::string_view::npos) {
      made += {'\\', "nrt\\"[found]};
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      made += {'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
    } else if (c == quote) {
      made += {'\\', c};
    } else {
      made += c;
    }
  }
  return made + quote;
}

void append_plain(std::string& out, const Json& value, bool inside) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    out += inside ? quoted(text) : text;
  } else if (value.is_null()) {
    out += "None";
  } else if (value.is_boolean()) {
    out += value.get<bool>() ? "True" : "False";
  } else if (value.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0) out += ", ";
      append_plain(out, value[i], true);
    }
    out += ']';
  } else if (is_tuple(value)) {
    const std::size_t begin = out.size();
    append_plain(out, list_of(value), true);
    out[begin] = '(';
    out.back() = ')';
  } else if (value.is_object()) {
    out += '{';
    for (const auto& [key, item] : value.items()) {
      if (out.back() != '{') out += ", ";
      out += quoted(key) + ": ";
      append_plain(out, item, true);
    }
    out += '}';
  } else {
    out += value.is_number_float() ? shown(value.get<double>()) : value.dump();
  }
}

// In a loop a text could double with each turn.
Result<Json> together(const std::string& left, const std::string& right) {
  if (left.size() + right.size() > kMostText) return too_long();
  return Json(left + right);
}

bool holds(const Json& whole, const Json& part) {
  if (whole.is_string()) return whole.get_ref<const std::string&>().find(part.get<std::string>()) != std::string::npos;
  if (whole.is_object()) return part.is_string() && whole.contains(part.get<std::string>());
  const Json items = is_tuple(whole) ? list_of(whole) : whole;
  return std::any_of(items.begin(), items.end(), [&](const Json& item) { return equal(item, part); });
}

Result<Json> compared(std::string_view sign, const Json& left, const Json& right) {
  int order = 0;
  if (left.is_number() && right.is_number()) {
    order = exact(left) < exact(right) ? -1 : exact(left) > exact(right) ? 1 : 0;
  } else if (left.is_string() && right.is_string()) {
    order = left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
  } else {
    return fail(ErrorKind::Invalid, described({left}) + " and " + described({right}) + " cannot be compared");
  }
  if (sign == "<") return Json(order < 0);
  if (sign == ">") return Json(order > 0);
  return Json(sign == "<=" ? order <= 0 : order >= 0);
}

}  // namespace

tl::unexpected<Error> wrong(const Json& value, std::string_view wanted) {
  return fail(ErrorKind::Invalid, "expected " + std::string(wanted) + ", found " + described({value}));
}

tl::unexpected<Error> too_long() {
  return fail(ErrorKind::Exhausted, "the text becomes longer than 16 MiB");
}

tl::unexpected<Error> too_many_items() {
  return fail(ErrorKind::Exhausted, "the list becomes longer than 100,000");
}

Result<void> check_sought(const std::string& text) {
  if (text.empty()) return fail(ErrorKind::Invalid, "what is looked for in the text is empty");
  if (text.size() > kLongestSought)
    return fail(ErrorKind::Exhausted, "what is looked for in the text is longer than 256 bytes");
  return {};
}

Json tuple_of(const Json& list) {
  return Json::binary(Json::to_cbor(list), 1 + nesting(list));
}

bool is_tuple(const Json& value) {
  return value.is_binary();
}

std::string plain(const Json& value) {
  std::string text;
  append_plain(text, value, false);
  return text;
}

std::string described(const Operand& value) {
  const Json& json = value.json;
  if (json.is_string()) return value.path.empty() ? "a string" : "the string " + in_quotes(value.path);
  if (json.is_array()) return "a list";
  if (is_tuple(json)) return "a tuple";
  if (json.is_object()) return "a mapping";
  if (json.is_boolean()) return "a bool";
  return json.is_null() ? "none" : "a number";
}

bool truth(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return is_tuple(value) || !value.empty();
}

std::size_t nesting(const Json& value) {
  if (is_tuple(value)) return value.get_binary().subtype();
  std::size_t deepest = 0;
  if (!value.is_structured()) return deepest;
  for (const auto& item : value) deepest = std::max(deepest, nesting(item));
  return deepest + 1;
}

std::optional<Json> items_of(const Json& value) {
  if (value.is_array()) return value;
  if (is_tuple(value)) return list_of(value);
  Json items = Json::array();
  if (value.is_object()) {
    for (const auto& [key, unused] : value.items()) items.push_back(key);
    return items;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    items.push_back(text.substr(at, end - at));
    if (items.size() > kMostItems) break;  // too long for any use
    at = end;
  }
  return items;
}

bool equal(const Json& left, const Json& right) {
  const auto numeric = [](const Json& value) { return value.is_number() || value.is_boolean(); };
  if (numeric(left) && numeric(right)) return exact(left) == exact(right);
  if (is_tuple(left) && is_tuple(right)) return equal(list_of(left), list_of(right));
  if (left.type() != right.type() || !left.is_structured()) return left == right;
  if (left.size() != right.size()) return false;
  if (left.is_array()) return std::equal(left.begin(), left.end(), right.begin(), equal);
  const auto pairs = left.items();
  return std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
    const auto found = right.find(pair.key());
    return found != right.end() && equal(pair.value(), *found);
  });
}

Result<Json> operate(std::string_view sign, const Json& left, const Json& right) {
  if (sign == "==" || sign == "!=") return Json(equal(left, right) == (sign == "=="));
  if (sign == "~") return together(plain(left), plain(right));
  if (sign == "in" || sign == "not in") {
    if (!right.is_string() && !right.is_structured() && !is_tuple(right))
      return wrong(right, "a list, a mapping or a string");
    if (right.is_string() && !left.is_string()) return wrong(left, "a string, which alone is in a string");
    if (right.is_string() && left != Json("")) CHECK_OK(check_sought(left.get<std::string>()));
    return Json(holds(right, left) == (sign == "in"));
  }
  if (sign[0] == '<' || sign[0] == '>') return compared(sign, left, right);
  if (left.is_number() && right.is_number()) return calculate(sign, left, right);
  if (sign == "+" && left.is_string() && right.is_string())
    return together(left.get_ref<const std::string&>(), right.get_ref<const std::string&>());
  if (sign == "+" && left.is_array() && right.is_array()) {
    if (left.size() + right.size() > kMostItems) return too_many_items();
    Json made = left;
    made.insert(made.end(), right.begin(), right.end());
    return made;
  }
  return fail(ErrorKind::Invalid,
              in_quotes(sign) + " does not go with " + described({left}) + " and " + described({right}));
}

}  // namespace boxcar::jinja
