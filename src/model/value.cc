#include "model/value.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace boxcar {

namespace {

void append_real(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no word for it; the readers refuse it before it comes here
    out += "null";
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

}  // namespace

void Value::append_json(std::string& out) const {
  if (const auto* b = boolean()) {
    out += *b ? "true" : "false";
  } else if (const auto* i = integer()) {
    out += std::to_string(*i);
  } else if (const auto* r = real()) {
    append_real(out, *r);
  } else if (const auto* s = text()) {
    out += json_quote(*s);
  } else if (const auto* l = list()) {
    out += '[';
    for (const auto& item : *l) {
      if (&item != &l->front()) out += ", ";
      item.append_json(out);
    }
    out += ']';
  } else {
    out += "null";
  }
}

std::string Value::json() const {
  std::string out;
  append_json(out);
  return out;
}

std::string Value::plain() const {
  const auto* s = text();
  return s ? *s : json();
}

std::string_view Value::kind_name() const {
  static constexpr std::string_view names[] = {"null", "a bool", "an int", "a float", "a string", "a list"};
  return names[data_.index()];
}

std::string Value::described() const {
  if (is_null() || list()) return std::string(kind_name());
  if (const auto* r = real(); r && !std::isfinite(*r)) return "a number that is not finite";
  const auto* s = text();
  return "the " + std::string(kind_name().substr(kind_name().find(' ') + 1)) + " " +
         (s ? "\"" + printable(*s, 60) + "\"" : printable(json(), 60));
}

std::string Type::name() const {
  static constexpr std::string_view names[] = {"bool", "int", "float", "str", "choice", "file"};
  const std::string plain(names[static_cast<std::size_t>(scalar)]);
  return list ? "List[" + plain + "]" : plain;
}

}  // namespace boxcar
