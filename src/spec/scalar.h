// What a plain (unquoted) YAML scalar means: YAML 1.2's core schema, and YAML 1.1 as PyYAML reads it.
#pragma once

#include <string>
#include <string_view>

#include "spec/node.h"

namespace boxcar {

enum class YamlVersion { V11, V12 };

// Fills kind and value of `node` from its text. Numbers that no parameter can hold (beyond 64 bits, not finite) are
// reported. In a document of version 1.1 a scalar that 1.2 would read otherwise gets a warning.
void resolve_plain(Node& node, YamlVersion version, Report& report);

// The number of a JSON or YAML 1.2 document: reports what does not fit.
void resolve_number(Node& node, Report& report);

}  // namespace boxcar
