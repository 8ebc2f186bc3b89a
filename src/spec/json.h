// JSON, strictly: no comments, no trailing commas, no key twice. Through RapidJSON's events, with the place of
// everything.
#pragma once

#include <optional>
#include <string_view>

#include "spec/node.h"

namespace boxcar {

// The whole document as a tree. None with a finding; one with findings where all that is wrong as JSON are commas too
// many or too few, or keys and numbers.
std::optional<Tree> read_json(std::string_view text, Report& report);

// Whether a text that may be JSON or YAML is to be read as JSON: it begins with '{"', '{}' or '['.
bool looks_like_json(std::string_view text);

}  // namespace boxcar
