// libyaml's own words for a syntax error, made into ones that say what to do.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"

namespace boxcar {

struct YamlProblem {
  std::string_view problem;  // libyaml's
  Position at;
  std::string_view context;  // "while parsing a block mapping", or ""
  Position context_at;
  char found = '\0';  // the character at `at`
};

struct YamlMessage {
  Position at;
  std::string text;
};

YamlMessage explain(const YamlProblem& problem);

}  // namespace boxcar
