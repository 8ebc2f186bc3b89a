// A light tree of what a YAML or JSON document says, with the place of everything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "model/value.h"
#include "spec/report.h"

namespace boxcar {

// Copying is cheap: what stands below is shared, so an alias costs as much as a scalar.
struct Node {
  enum class Kind : std::uint8_t { Null, Bool, Int, Float, String, Sequence, Mapping };

  Kind kind = Kind::Null;
  Position at;
  union {
    bool boolean;
    std::int64_t integer = 0;
    double real;
  };
  std::string text;                                // of a scalar, as written (quotes and escapes undone)
  std::shared_ptr<const std::vector<Node>> items;  // of a mapping: key, value, key, value …; keys are scalars

  bool is_scalar() const { return kind < Kind::Sequence; }
  bool is_mapping() const { return kind == Kind::Mapping; }
  bool is_sequence() const { return kind == Kind::Sequence; }
  const std::vector<Node>& children() const;     // empty for a scalar
  const Node* find(std::string_view key) const;  // in a mapping, by the key's text
  Value scalar() const;                          // null for what is none
  std::string described() const;                 // "a mapping", `the string "x"`
};

// Limits on every document (spec/reader.h).
inline constexpr std::size_t max_document = std::size_t{16} << 20;
inline constexpr std::size_t max_scalar = std::size_t{1} << 20;
inline constexpr unsigned max_depth = 64;
inline constexpr std::size_t max_nodes = 1'000'000;  // of one tree: a whole kliko.yml, one step of a workflow
inline constexpr std::size_t max_expanded_nodes = 100'000;

// Reports keys that stand twice among the pairs of a mapping.
void check_duplicate_keys(const std::vector<Node>& pairs, Report& report);

// Checks what holds for every text, before any parser sees it: size, UTF-8, no NUL. False with a finding.
// `text` loses its byte order mark.
bool check_text(std::string_view& text, Report& report);
Position position_of(std::string_view text, std::size_t offset);

}  // namespace boxcar
