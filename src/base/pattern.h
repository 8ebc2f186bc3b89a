// Patterns that stand in documents: regular expressions, and globs of file names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace boxcar {

// A regular expression in RE2's syntax, that of Perl and Python without look-around and backreferences: matching takes
// time linear in the text, whatever the expression. Of a text that is not UTF-8 each byte is a character. Immutable.
class Regex {
 public:
  static Result<Regex> compile(const std::string& text);  // Invalid: what is wrong with it, where

  bool matches(std::string_view text) const;  // all of it

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const re2::RE2> compiled_;
};

// As Python's fnmatch and shells: "*", "?", "[a-z]", "[!a-z]"; a leading dot is nothing special, nor is a backslash.
bool matches_glob(const std::string& glob, const std::string& name);

}  // namespace boxcar
