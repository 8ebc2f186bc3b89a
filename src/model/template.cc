#include "model/template.h"

#include "base/text.h"

namespace boxcar {

namespace {

// Calls on_text and on_name for the parts of `text` in order, until on_name answers with an error.
template <class OnText, class OnName>
Result<void> scan(std::string_view text, OnText on_text, OnName on_name) {
  for (std::size_t at = 0; at < text.size();) {
    const auto dollar = text.find('$', at);
    on_text(text.substr(at, dollar - at));
    if (dollar == std::string_view::npos) break;
    const char next = dollar + 1 < text.size() ? text[dollar + 1] : '\0';
    if (next != '{') {
      on_text("$");
      at = dollar + (next == '$' ? 2 : 1);
      continue;
    }
    const auto close = text.find('}', dollar);
    if (close == std::string_view::npos) {
      return fail(ErrorKind::Invalid,
                  "\"" + printable(text.substr(dollar), 40) + "\" has no closing brace (write $${ for the text ${)");
    }
    const auto name = text.substr(dollar + 2, close - dollar - 2);
    if (name.empty()) return fail(ErrorKind::Invalid, "\"${}\" names nothing (write $${ for the text ${)");
    CHECK_OK(on_name(name));
    at = close + 1;
  }
  return {};
}

}  // namespace

bool has_references(std::string_view text) {
  for (auto at = text.find('$'); at != std::string_view::npos && at + 1 < text.size(); at = text.find('$', at)) {
    if (text[at + 1] == '{') return true;
    at += text[at + 1] == '$' ? 2 : 1;
  }
  return false;
}

Result<std::vector<std::string>> references(std::string_view text) {
  std::vector<std::string> names;
  CHECK_OK(scan(
      text, [](std::string_view) {},
      [&](std::string_view name) -> Result<void> {
        names.emplace_back(name);
        return {};
      }));
  return names;
}

Result<std::string> expand(std::string_view text,
                           const std::function<Result<std::string>(std::string_view)>& value_of) {
  std::string out;
  CHECK_OK(scan(
      text, [&](std::string_view part) { out += part; },
      [&](std::string_view name) -> Result<void> {
        TRY(const auto value, value_of(name));
        out += value;
        return {};
      }));
  return out;
}

}  // namespace boxcar
