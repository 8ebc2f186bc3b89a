// Findings: what is wrong in a document, all at once, each with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

// A place in a text. Both count from 1; the column counts characters (code points), as editors do. 0: no place.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const Position&, const Position&) = default;
  friend auto operator<=>(const Position&, const Position&) = default;
};

enum class Severity { Error, Warning };

struct Finding {
  std::string file;
  Position at;
  Severity severity = Severity::Error;
  std::string message;  // what is wrong, and what was expected

  // "file:line:col: message"; a warning says so before its message.
  std::string text() const;
};

// Collects findings while a document is read and checked. Not thread-safe.
class Findings {
 public:
  void error(std::string_view file, Position at, std::string message);
  void warn(std::string_view file, Position at, std::string message);
  void add(Finding finding);
  bool ok() const { return errors_ == 0; }  // warnings do not count
  std::size_t errors() const { return errors_; }
  const std::vector<Finding>& all() const { return findings_; }
  void sort();  // by file and place, as people read; stable; what was said twice of one place is there once

 private:
  std::vector<Finding> findings_;
  std::size_t errors_ = 0;
};

}  // namespace boxcar
