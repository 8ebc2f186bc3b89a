#include "base/pattern.h"

#include <fnmatch.h>
#include <re2/re2.h>

#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::int64_t kMostMemory = std::int64_t{8} << 20;  // of one expression: "(((a{99}){99}){99}" is refused

}  // namespace

Result<Regex> Regex::compile(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostMemory);
  if (!valid_utf8(text)) options.set_encoding(RE2::Options::EncodingLatin1);
  auto compiled = std::make_shared<const RE2>(text, options);
  if (!compiled->ok()) return fail(ErrorKind::Invalid, printable(compiled->error()));
  return Regex(std::move(compiled));
}

bool Regex::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

bool matches_glob(const std::string& glob, const std::string& name) {
  return ::fnmatch(glob.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace boxcar
