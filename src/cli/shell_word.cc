#include "cli/shell_word.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace boxcar {

namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-+./,:@%=").find(c) != std::string_view::npos;
}

// As bash reads it: escapes of octal digits, which have a fixed length.
std::string with_escapes(std::string_view text) {
  std::string word = "$'";
  for (const char c : text) {
    if (c == '\n') {
      word += "\\n";
    } else if (c == '\t') {
      word += "\\t";
    } else if (c == '\'' || c == '\\') {
      (word += '\\') += c;
    } else if (c < ' ' || c > '~') {
      word += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  if (printable(text, std::string::npos) != text) return with_escapes(text);
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : " ") + shell_word(word);
  return all;
}

}  // namespace boxcar
