#include "spec/scalar.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/text.h"

namespace boxcar {

namespace {

// A scalar's meaning; `fits` is false for a number that 64 bits can't hold.
struct Meaning {
  Node::Kind kind = Node::Kind::String;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  bool fits = true;
  bool date = false;

  Value value(std::string_view text) const {
    if (kind == Node::Kind::Bool) return Value(boolean);
    if (kind == Node::Kind::Int) return Value(integer);
    if (kind == Node::Kind::Float) return Value(real);
    return kind == Node::Kind::Null ? Value() : Value(std::string(text));
  }
};

Meaning of_bool(bool value) {
  return {.kind = Node::Kind::Bool, .boolean = value};
}
Meaning of_real(double value) {
  return {.kind = Node::Kind::Float, .real = value, .fits = std::isfinite(value)};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the characters of `set` from the front of `text`; how many.
std::size_t take(std::string_view& text, std::string_view set) {
  const auto n = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(n);
  return n;
}

bool take_one(std::string_view& text, std::string_view set) {
  if (text.empty() || set.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// The three spellings YAML knows of a word: yes, Yes, YES.
bool is_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  const auto upper = [](char c) { return static_cast<char>(c - 32); };
  if (text == lower) return true;
  if (text[0] != upper(lower[0])) return false;
  if (text.substr(1) == lower.substr(1)) return true;
  return std::equal(text.begin(), text.end(), lower.begin(), [&](char a, char b) { return a == upper(b); });
}

Meaning integer_of(std::string_view digits, int base, bool negative) {
  std::string plain;
  for (const char c : digits) {
    if (c != '_') plain += c;
  }
  Meaning meaning{.kind = Node::Kind::Int};
  if (negative) plain.insert(0, "-");
  const auto end = plain.data() + plain.size();
  const auto [stop, error] = std::from_chars(plain.data(), end, meaning.integer, base);
  meaning.fits = error == std::errc{} && stop == end;
  return meaning;
}

Meaning real_of(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '_' && !(c == '+' && plain.empty())) plain += c;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  // Too small is zero, as everywhere; too large does not fit.
  if (error == std::errc::result_out_of_range) {
    const auto exponent = plain.find_first_of("eE");
    const bool tiny = exponent != std::string::npos && plain.compare(exponent + 1, 1, "-") == 0;
    return of_real(tiny ? 0 : std::numeric_limits<double>::infinity());
  }
  return of_real(value);
}

bool is_infinity(std::string_view text) {
  take_one(text, "+-");
  return one_of(text, {".inf", ".Inf", ".INF"});
}

std::optional<Meaning> special_real(std::string_view text) {
  if (is_infinity(text)) {
    return of_real(text[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity());
  }
  if (one_of(text, {".nan", ".NaN", ".NAN"})) return of_real(std::numeric_limits<double>::quiet_NaN());
  return std::nullopt;
}

std::optional<Meaning> number_12(std::string_view text) {
  if (text.starts_with("0o") || text.starts_with("0x")) {
    auto rest = text.substr(2);
    const bool octal = text[1] == 'o';
    const auto digits = rest;
    if (take(rest, octal ? "01234567" : "0123456789abcdefABCDEF") == 0 || !rest.empty()) return std::nullopt;
    return integer_of(digits, octal ? 8 : 16, false);
  }
  auto rest = text;
  const bool negative = rest.starts_with('-');
  take_one(rest, "+-");
  const auto digits = rest;
  const auto whole = take(rest, "0123456789");
  if (whole != 0 && rest.empty()) return integer_of(digits, 10, negative);
  if (take_one(rest, ".") ? take(rest, "0123456789") + whole == 0 : whole == 0) return special_real(text);
  if (take_one(rest, "eE")) {
    take_one(rest, "+-");
    if (take(rest, "0123456789") == 0) return std::nullopt;
  }
  return rest.empty() ? std::optional(real_of(text)) : std::nullopt;
}

Meaning meaning_12(std::string_view text) {
  if (text.empty() || text == "~" || is_word(text, "null")) return {.kind = Node::Kind::Null};
  if (is_word(text, "true")) return of_bool(true);
  if (is_word(text, "false")) return of_bool(false);
  if (is_digit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.') {
    if (const auto number = number_12(text)) return *number;
  }
  return {};
}

constexpr std::string_view kDigits = "0123456789_";

// 12:30 and 1:30.5, to the base of 60. `rest` stands at the first colon, `text` is the whole without its sign.
std::optional<Meaning> sexagesimal(std::string_view text, std::string_view rest, bool negative) {
  while (take_one(rest, ":")) {
    const auto part = rest.substr(0, std::min(rest.find_first_of(":."), rest.size()));
    const bool right = part.size() == 1 || (part.size() == 2 && part[0] <= '5');
    if (!right || !std::all_of(part.begin(), part.end(), is_digit)) return std::nullopt;
    rest.remove_prefix(part.size());
  }
  const bool real = take_one(rest, ".");
  if (real) take(rest, kDigits);
  if (!rest.empty() || (!real && text[0] == '0')) return std::nullopt;
  double sum = 0;
  for (const auto part : split(text, ':')) sum = sum * 60 + real_of(part).real;
  if (negative) sum = -sum;
  if (real) return of_real(sum);
  Meaning meaning{.kind = Node::Kind::Int};
  meaning.fits = std::abs(sum) < 9e15;
  if (meaning.fits) meaning.integer = static_cast<std::int64_t>(sum);
  return meaning;
}

std::optional<Meaning> number_11(std::string_view text) {
  auto body = text;
  const bool negative = body.starts_with('-');
  take_one(body, "+-");
  auto rest = body;
  if (body.starts_with("0x") || body.starts_with("0b")) {
    const bool binary = body[1] == 'b';
    rest.remove_prefix(2);
    const auto digits = rest;
    if (take(rest, binary ? "01_" : "0123456789abcdefABCDEF_") == 0 || !rest.empty()) return std::nullopt;
    return integer_of(digits, binary ? 2 : 16, negative);
  }
  if (body.starts_with('.')) {
    if (body.size() > 1 && is_digit(body[1]) && body.data() == text.data()) {  // .5, but not +.5
      rest.remove_prefix(1);
      take(rest, kDigits);
    } else {
      return special_real(text);
    }
  } else {
    if (body.empty() || !is_digit(body[0])) return std::nullopt;
    take(rest, kDigits);
    if (rest.starts_with(':')) return sexagesimal(body, rest, negative);
    if (rest.empty()) {
      if (body[0] != '0' || body.size() == 1) return integer_of(body, 10, negative);
      return body.find_first_of("89") == std::string_view::npos ? std::optional(integer_of(body, 8, negative))
                                                                : std::nullopt;
    }
    if (!take_one(rest, ".")) return std::nullopt;  // a float needs its point: 1e3 is text
    take(rest, kDigits);
  }
  if (take_one(rest, "eE") && (!take_one(rest, "+-") || take(rest, "0123456789") == 0)) return std::nullopt;
  return rest.empty() ? std::optional(real_of(text)) : std::nullopt;
}

// 2001-12-14, or with a time behind it: PyYAML makes a date of it.
bool is_date(std::string_view text) {
  auto rest = text;
  const auto number = [&](std::size_t least, std::size_t most) {
    const auto n = take(rest, "0123456789");
    return n >= least && n <= most;
  };
  if (!number(4, 4) || !take_one(rest, "-") || !number(1, 2) || !take_one(rest, "-") || !number(1, 2)) return false;
  if (rest.empty()) return text.size() == 10;
  if (take_one(rest, "Tt") || take(rest, " \t") != 0) {
    return number(1, 2) && take_one(rest, ":") && number(2, 2) && take_one(rest, ":") && number(2, 2);
  }
  return false;
}

Meaning meaning_11(std::string_view text) {
  if (text.empty() || text == "~" || is_word(text, "null")) return {.kind = Node::Kind::Null};
  if (is_word(text, "true") || is_word(text, "yes") || is_word(text, "on")) return of_bool(true);
  if (is_word(text, "false") || is_word(text, "no") || is_word(text, "off")) return of_bool(false);
  if (is_digit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.') {
    if (const auto number = number_11(text)) return *number;
    if (is_date(text)) return {.date = true};
  }
  return {};
}

// A spelling of `value` that both versions read alike.
std::string common_spelling(const Value& value) {
  auto text = value.json();
  const auto exponent = text.find('e');
  if (value.real() && exponent != std::string::npos && text.find('.') == std::string::npos) text.insert(exponent, ".0");
  return text;
}

void warn_of_difference(const Node& node, const Meaning& now, Report& report) {
  const auto old = now.value(node.text);
  if (now.date) {
    report.warn(node.at, in_quotes(node.text) + " is a date in YAML 1.1; it is taken as text here. Put it in quotes");
    return;
  }
  const auto other_meaning = meaning_12(node.text);
  const auto other = other_meaning.value(node.text);
  if (old == other || !now.fits || !other_meaning.fits) return;
  const auto& number = old.text() ? other : old;
  report.warn(node.at, in_quotes(node.text) + " is " + old.described() +
                           " in YAML 1.1, as which this file is read, but " + other.described() +
                           " in YAML 1.2. Write " + common_spelling(number) + ", or put it in quotes if text is meant");
}

void apply(Node& node, const Meaning& meaning, Report& report) {
  node.kind = meaning.kind;
  node.fits = meaning.fits;
  if (meaning.kind == Node::Kind::Bool) node.boolean = meaning.boolean;
  if (meaning.kind == Node::Kind::Int) node.integer = meaning.integer;
  if (meaning.kind == Node::Kind::Float) node.real = meaning.fits ? meaning.real : 0;
  if (meaning.fits) return;
  const bool real = meaning.kind == Node::Kind::Float;
  report.error(node.at, in_quotes(node.text) +
                            (real ? " is no finite number of 64 bits" : " does not fit into an int of 64 bits") +
                            "; put it in quotes if text is meant");
}

}  // namespace

void resolve_plain(Node& node, YamlVersion version, Report& report) {
  const auto meaning = version == YamlVersion::V12 ? meaning_12(node.text) : meaning_11(node.text);
  apply(node, meaning, report);
  if (version == YamlVersion::V11) warn_of_difference(node, meaning, report);
}

void resolve_number(Node& node, Report& report) {
  apply(node, meaning_12(node.text), report);
}

}  // namespace boxcar
