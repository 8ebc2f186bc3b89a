// What is said on stdout and stderr. fmt::print throws where a stream can't be written, which ends no command: main()
// looks at stdout once, at the end, and of what stderr does not take nobody could be told.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace boxcar {

template <class... Values>
void print_to(std::FILE* stream, fmt::format_string<Values...> format, Values&&... values) {
  const std::string text = fmt::format(format, std::forward<Values>(values)...);
  std::fwrite(text.data(), 1, text.size(), stream);
}

}  // namespace boxcar
