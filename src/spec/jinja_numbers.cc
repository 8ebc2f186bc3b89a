#include "spec/jinja_numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace boxcar::jinja {

namespace {

constexpr std::int64_t kExact = std::int64_t{1} << 53;  // up to here each int is a float

auto too_wide() {
  return fail(ErrorKind::Invalid, "the number needs more than 64 bits");
}

auto by_zero() {
  return fail(ErrorKind::Invalid, "there is no division by 0");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Without blanks around it, a plus, and underscores between digits; none: Python does not take it either.
std::optional<std::string> bare(std::string text) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  text.resize(text.find_last_not_of(kBlank) + 1);
  text.erase(0, text.find_first_not_of(kBlank));
  if (text.starts_with('+')) {
    text.erase(0, 1);
    if (text.starts_with('-')) return std::nullopt;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && is_digit(text[i - 1]) && i + 1 < text.size() && is_digit(text[i + 1]);
    if (text[i] == '_' && !between) return std::nullopt;
  }
  text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
  return text;
}

Result<Json> of_ints(std::string_view sign, std::int64_t a, std::int64_t b) {
  std::int64_t made = 0;
  bool over = false;
  if (sign == "+") {
    over = __builtin_add_overflow(a, b, &made);
  } else if (sign == "-") {
    over = __builtin_sub_overflow(a, b, &made);
  } else if (sign == "*") {
    over = __builtin_mul_overflow(a, b, &made);
  } else {  // "//" and "%", towards minus infinity, as in Python
    if (b == 0) return by_zero();
    if (b == -1) {
      over = __builtin_sub_overflow(std::int64_t{0}, a, &made);
      if (sign == "%") return Json(0);
    } else {
      const std::int64_t rest = a % b;
      const bool down = rest != 0 && (rest < 0) != (b < 0);
      made = sign == "%" ? rest + (down ? b : 0) : a / b - (down ? 1 : 0);
    }
  }
  if (over) return too_wide();
  return Json(made);
}

Result<Json> power(std::int64_t base, std::int64_t exponent) {
  std::int64_t made = 1;
  for (;;) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(made, base, &made)) return too_wide();
    exponent >>= 1;
    if (exponent == 0) return Json(made);
    if (__builtin_mul_overflow(base, base, &base)) return too_wide();
  }
}

// As Python's own: the rest has the sign of b.
double divided(bool rest, double a, double b) {
  double left = std::fmod(a, b);
  double times = (a - left) / b;
  if (left == 0) {
    left = std::copysign(0.0, b);
  } else if ((b < 0) != (left < 0)) {
    left += b;
    times -= 1;
  }
  if (rest) return left;
  if (times == 0) return std::copysign(0.0, a / b);
  const double whole = std::floor(times);
  return times - whole > 0.5 ? whole + 1 : whole;
}

}  // namespace

std::string shown(double number) {
  std::array<char, 40> buffer{};
  const auto written = [&](std::chars_format format) {
    return std::string(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format).ptr);
  };
  std::string text = written(std::chars_format::scientific);
  const int exponent = std::stoi(text.substr(text.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return text;
  text = written(std::chars_format::fixed);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

long double exact(const Json& number) {
  if (number.is_boolean()) return number.get<bool>() ? 1 : 0;
  if (number.is_number_integer()) return static_cast<long double>(number.get<std::int64_t>());
  return number.get<double>();
}

Result<std::optional<Json>> int_in(std::string text) {
  if (const auto digits = bare(text)) {
    const char* const end = digits->data() + digits->size();
    std::int64_t number = 0;
    const auto read = std::from_chars(digits->data(), end, number);
    if (read.ptr == end && read.ec == std::errc::result_out_of_range) return too_wide();
    if (read.ptr == end && read.ec == std::errc()) return Json(number);
  }
  TRY(const auto number, float_in(std::move(text)));
  if (!number) return std::nullopt;
  TRY(auto made, cut(number->get<double>()));
  return made;
}

Result<std::optional<Json>> float_in(std::string text) {
  const auto digits = bare(std::move(text));
  if (!digits) return std::nullopt;
  const char* const end = digits->data() + digits->size();
  double number = 0;
  const auto read = std::from_chars(digits->data(), end, number);
  if (read.ptr != end || read.ec == std::errc::invalid_argument) return std::nullopt;
  if (read.ec == std::errc() && std::isfinite(number)) return Json(number);
  return fail(ErrorKind::Invalid, "boxcar has no numbers that are infinite, not a number, or too small for a float");
}

Result<Json> cut(double number) {
  constexpr double kPast = 9223372036854775808.0;  // 2**63
  if (number < -kPast || number >= kPast) return too_wide();
  return Json(static_cast<std::int64_t>(number));
}

Result<Json> absolute(const Json& number) {
  if (!number.is_number_integer()) return Json(std::abs(number.get<double>()));
  const auto whole = number.get<std::int64_t>();
  return whole < 0 ? of_ints("-", 0, whole) : number;
}

Result<Json> rounded(const Json& number, std::int64_t digits) {
  if (number.is_number_integer()) {
    if (digits >= 0) return number;
    if (digits < -18) return fail(ErrorKind::Invalid, "boxcar rounds off 18 digits of an int at most");
    TRY(const Json step, power(10, -digits));
    const auto size = step.get<std::int64_t>();
    const auto whole = number.get<std::int64_t>();
    const std::int64_t rest = whole % size;
    const std::int64_t twice = 2 * std::abs(rest);
    const bool away = twice > size || (twice == size && whole / size % 2 != 0);
    return of_ints("+", whole - rest, away ? (whole < 0 ? -size : size) : 0);
  }
  if (digits < 0) return fail(ErrorKind::Invalid, "boxcar rounds off no digits before the point of a float");
  constexpr std::int64_t kMostDigits = 323;  // that a float has
  if (digits > kMostDigits) return number;
  std::array<char, 700> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number.get<double>(),
                                     std::chars_format::fixed, static_cast<int>(digits));
  double made = 0;
  std::from_chars(buffer.data(), written.ptr, made);
  return Json(made);
}

Result<Json> calculate(std::string_view sign, const Json& left, const Json& right) {
  const double a = left.get<double>();
  const double b = right.get<double>();
  if (b == 0 && (sign == "/" || sign == "//" || sign == "%")) return by_zero();
  if (left.is_number_integer() && right.is_number_integer()) {
    const auto whole = left.get<std::int64_t>();
    const auto by = right.get<std::int64_t>();
    if (sign == "**" && by >= 0) return power(whole, by);
    if (sign != "/" && sign != "**") return of_ints(sign, whole, by);
    const bool alike = whole >= -kExact && whole <= kExact && by >= -kExact && by <= kExact;
    if (!alike) return fail(ErrorKind::Invalid, in_quotes(sign) + " takes ints of up to 53 bits, else it is not exact");
  }
  double made = 0;
  if (sign == "+") made = a + b;
  if (sign == "-") made = a - b;
  if (sign == "*") made = a * b;
  if (sign == "/") made = a / b;
  if (sign == "//" || sign == "%") made = divided(sign == "%", a, b);
  if (sign == "**") made = std::pow(a, b);
  if (!std::isfinite(made)) return fail(ErrorKind::Invalid, "the number becomes too large");
  return Json(made);
}

}  // namespace boxcar::jinja
