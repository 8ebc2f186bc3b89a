// A Jinja template as a tree. Internal to the renderer.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/report.h"

namespace boxcar::jinja {

using Json = nlohmann::ordered_json;

// Places are offsets in the template.
struct Expression {
  enum class Kind {
    Literal,      // value
    Name,         // text
    List,         // parts
    Mapping,      // parts: key, value, key, value …
    Attribute,    // parts[0] . text
    Item,         // parts[0] [ parts[1] ]
    Call,         // parts[0] . text ( the other parts )
    Filter,       // parts[0] | text ( the other parts )
    Test,         // parts[0] is text ( the other parts )
    Not,          // parts[0]
    Signed,       // text parts[0], of which text is - or +
    Binary,       // parts[0] text parts[1]
    Conditional,  // parts[0] if parts[1] else parts[2], which may be missing
  };
  Kind kind = Kind::Literal;
  std::size_t at = 0;
  std::string text = {};
  Json value = {};
  std::vector<Expression> parts = {};
};

struct Statement {
  enum class Kind { Text, Output, If, For, Set };
  struct Branch {
    std::optional<Expression> condition;  // none: else
    std::vector<Statement> body;
  };
  Kind kind = Kind::Text;
  std::size_t at = 0;
  std::string_view text = {};           // Text: as it stands in the template
  Expression expression = {};           // Output, For: over what; Set: the value
  std::vector<std::string> names = {};  // For, Set
  std::vector<Branch> branches = {};    // If; of a For its body, and what stands in place of it when there is nothing
};

// None with a finding: the first place that can't be understood.
std::optional<std::vector<Statement>> parse(std::string_view text, Report& report);

}  // namespace boxcar::jinja
