// Which names a template takes from the caller. Internal to the renderer.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spec/jinja_parser.h"

namespace boxcar::jinja {

// Each NAME of `custom.NAME` in any expression, also one that is not worked out this time. None: `custom` is used
// otherwise too, so any name may be.
std::optional<std::set<std::string>> custom_names(const std::vector<Statement>& statements);

// Whether what an expression gives may hold a variable of the environment: it names `env`, or what was set before.
bool may_hold_environment(const Expression& expression);

}  // namespace boxcar::jinja
