// The values of Jinja's expressions, as Python has them, and its operators. Internal to the renderer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/jinja_parser.h"

namespace boxcar::jinja {

constexpr std::size_t kMostText = std::size_t{16} << 20;
constexpr std::size_t kMostItems = 100'000;
constexpr std::size_t kMostNesting = 64;  // of values in each other

struct Operand {
  Json json = {};
  std::string path = {};       // by which names it was reached, for messages
  std::string undefined = {};  // not empty: there is none, of this name
  std::string why = {};        // it is undefined, as the message goes on; empty: the name says it
  bool is_env = false;         // all of the environment
  bool is_loop = false;        // all of `loop`
  bool nothing = false;        // of an `if` without an `else`: an empty text that is not defined
  bool broken = false;         // something was wrong with it, and was said

  static Operand missing(std::string name, std::string why = {}) {
    return {.undefined = std::move(name), .why = std::move(why)};
  }
  bool defined() const { return undefined.empty() && !nothing; }
  bool whole() const { return is_env || is_loop; }  // what only its parts can be had of
  static Operand gone() { return {.broken = true}; }
};

// A tuple, which JSON has not: what does not know it takes it for none of the kinds that it knows.
Json tuple_of(const Json& list);
bool is_tuple(const Json& value);

std::string plain(const Json& value);         // as Jinja writes it: a string bare, True, None, a list as Python would
std::string described(const Operand& value);  // its kind and its path: it may be a secret
bool truth(const Json& value);
std::size_t nesting(const Json& value);              // 0: it holds no others
std::optional<Json> items_of(const Json& value);     // what a loop goes through; of a mapping its keys
bool equal(const Json& left, const Json& right);     // true is 1, as in Python
Result<void> check_sought(const std::string& text);  // whether it may be looked for in a text

// "+", "==", "in", "~" …
Result<Json> operate(std::string_view sign, const Json& left, const Json& right);

// Errors in common.
tl::unexpected<Error> wrong(const Json& value, std::string_view wanted);
tl::unexpected<Error> too_many_items();
tl::unexpected<Error> too_long();

}  // namespace boxcar::jinja
