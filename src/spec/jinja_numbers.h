// Numbers of Jinja's expressions, as Python has them: ints are exact, and what needs more than 64 bits is an error.
// Internal to the renderer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/jinja_parser.h"

namespace boxcar::jinja {

std::string shown(double number);       // 1.0, 1e+16
long double exact(const Json& number);  // an int, a float or a bool, without loss

// What int() and float() of Python read, and int() of a float's text. None: no number.
Result<std::optional<Json>> int_in(std::string text);
Result<std::optional<Json>> float_in(std::string text);
Result<Json> cut(double number);  // to an int, towards zero

Result<Json> absolute(const Json& number);
Result<Json> rounded(const Json& number, std::int64_t digits);  // what lies between two, to the even one
// + - * / // % **
Result<Json> calculate(std::string_view sign, const Json& left, const Json& right);

}  // namespace boxcar::jinja
