// What filters, tests and methods of Jinja make of values. Internal to the renderer.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/jinja_values.h"

namespace boxcar::jinja {

// NotFound: the value is undefined, and that does not do here. Invalid: there is no such filter; or what it was given
// does not suit it.
Result<Operand> filter(std::string_view name, const Operand& value, const std::vector<Json>& arguments);
Result<Operand> test(std::string_view name, const Operand& value, const std::vector<Json>& arguments);
Result<Operand> call(std::string_view name, const Operand& value, const std::vector<Json>& arguments);

}  // namespace boxcar::jinja
