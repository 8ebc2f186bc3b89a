// Small things about text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

// Of `candidates` the one a person who typed `name` most likely meant (Damerau-Levenshtein distance, at most a third of
// the length), or "".
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);
// " (did you mean 'x'?)" or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);
// The parts between separators: "a,,b" has three, "" has one. Views of `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> lines(std::string_view text);  // a newline at the end begins no further one
std::string join(const std::vector<std::string>& parts, std::string_view separator);
bool valid_utf8(std::string_view text);
bool has_nul(std::string_view text);  // where the system ends what it takes: of paths, words and variables
// For messages and terminals: control characters, bytes that are not UTF-8 and newlines become \xNN, \n …, and more
// than `limit` bytes are cut with "…".
std::string printable(std::string_view bytes, std::size_t limit = 200);
std::string in_quotes(std::string_view name);  // 'name', printable: how messages speak of what a stranger named
// A JSON string literal with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace boxcar
