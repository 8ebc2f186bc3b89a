// "${inputs.name}" inside text. "$$" is a dollar sign; a lone "$" stands for itself.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace boxcar {

// Where it is false, expand() may still change the text: it undoes "$$".
bool has_references(std::string_view text);
// The names inside "${…}", in order. Invalid when a brace is not closed.
Result<std::vector<std::string>> references(std::string_view text);
// Replaces each reference by what `value_of` gives for its name.
Result<std::string> expand(std::string_view text, const std::function<Result<std::string>(std::string_view)>& value_of);

}  // namespace boxcar
