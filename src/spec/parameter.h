// The parts of a parameter that Kliko's fields and boxcar's own notation write alike.
#pragma once

#include <optional>
#include <string_view>

#include "model/tool.h"
#include "spec/fields.h"

namespace boxcar {

// "int", "List[file]": one of the names in `names`. None with a finding.
std::optional<Type> read_type(const Fields& fields, std::span<const std::string_view> names);
// A mapping of value to label; with `as_list` also a list of values.
std::vector<Choice> read_choices(const Fields& fields, std::string_view key, bool as_list, Report& report);
// The default under `key`, if it is valid for the parameter.
std::optional<Value> read_initial(const Fields& fields, std::string_view key, const Parameter& parameter,
                                  Report& report);

}  // namespace boxcar
