// Result<T>: how every fallible call of boxcar answers. Library exceptions are caught where the library is wrapped.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace boxcar {

// The kind decides policy: what exit code a command ends with, and whether trying again can help.
enum class ErrorKind {
  Invalid,      // the document or the call is wrong: exit code 2
  NotFound,     // what was named does not exist
  Denied,       // permissions or credentials
  Unavailable,  // passing: try again
  Exhausted,    // disk, memory, file descriptors
  Cancelled,    // the user asked to stop: exit code 130
  Internal,     // a defect of boxcar, or of a library or kernel under it
};

struct Error {
  ErrorKind kind = ErrorKind::Internal;
  std::string message;              // what went wrong, one sentence without a full stop
  std::string context;              // what was being done, outermost first: "pulling kliko/simms: reading its manifest"
  std::vector<std::string> more{};  // what else is worth a line each, such as the places that were looked at

  std::string sentence() const { return context.empty() ? message : context + ": " + message; }
  std::string text() const;  // all of it in one line: "sentence (more; and more)"
  // Adds an outer context, on the way up.
  Error in(std::string_view what) && {
    context = context.empty() ? std::string(what) : std::string(what) + ": " + context;
    return std::move(*this);
  }
};

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message), {}});
}

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// An Error from errno: "opening /x: No such file or directory"; the kind follows from the number.
Error errno_error(std::string_view doing, int number);
tl::unexpected<Error> fail_errno(std::string_view doing);  // of the current errno

}  // namespace boxcar

#define BOXCAR_CONCAT2(a, b) a##b
#define BOXCAR_CONCAT(a, b) BOXCAR_CONCAT2(a, b)
#define BOXCAR_TRY_IMPL(var, tmp, expr)                    \
  auto tmp = (expr);                                       \
  if (!tmp) return ::boxcar::fail(std::move(tmp).error()); \
  var = *std::move(tmp)

// TRY(auto x, f()): x is what f gave, or the enclosing function returns f's error.
#define TRY(var, expr) BOXCAR_TRY_IMPL(var, BOXCAR_CONCAT(try_, __LINE__), expr)
// CHECK_OK(f()): the same for Result<void>.
#define CHECK_OK(expr)                                                   \
  do {                                                                   \
    auto check_ok_ = (expr);                                             \
    if (!check_ok_) return ::boxcar::fail(std::move(check_ok_).error()); \
  } while (false)
