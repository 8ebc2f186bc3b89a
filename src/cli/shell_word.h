// Commands as they can be pasted into a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

// In quotes where it needs them. What is no text of one line, such as a newline or an escape sequence, is written
// $'…\n…', as bash, zsh and others read it: nothing of it steers a terminal.
std::string shell_word(std::string_view text);
std::string shell_words(const std::vector<std::string>& words);  // with a blank between them

}  // namespace boxcar
