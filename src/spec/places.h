// From offsets in a text to places for people, and back, quickly also in large texts.
#pragma once

#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace boxcar {

// The text must outlive it. Places as position_of() has them.
class Places {
 public:
  Places() = default;
  explicit Places(std::string_view text);

  Position of(std::size_t offset) const;
  std::size_t offset(Position at) const;  // of the end, for what lies behind it

 private:
  struct Mark {
    std::size_t offset;
    Position at;
  };
  // Steps over one byte.
  void advance(Mark& mark) const;

  std::string_view text_;
  std::vector<Mark> marks_;  // one every few hundred bytes
};

}  // namespace boxcar
