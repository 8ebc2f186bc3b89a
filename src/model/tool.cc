#include "model/tool.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/text.h"

namespace boxcar {

namespace {

template <class T>
const T* find_named(const std::vector<T>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& item) { return item.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string expected_name(Scalar scalar) {
  switch (scalar) {
    case Scalar::Bool:
      return "a bool (true or false)";
    case Scalar::Int:
      return "an int";
    case Scalar::Float:
      return "a float";
    case Scalar::Str:
      return "a string";
    case Scalar::File:
      return "a file (its path)";
    case Scalar::Choice:
      return "a choice";
  }
  return {};
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string choices_text(const Parameter& parameter) {
  std::vector<std::string> all;
  for (const auto& choice : parameter.choices) all.push_back(choice.value.json());
  return printable(join(all, ", "), 400);
}

Result<Value> wrong_text(std::string_view expected, std::string_view text) {
  return fail(ErrorKind::Invalid, "expected " + std::string(expected) + ", found \"" + printable(text, 60) + "\"");
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);  // from_chars takes no plus sign
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> parse_bool(std::string_view text) {
  std::string lower(text);
  for (auto& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  for (const auto* word : {"true", "yes", "on", "1"}) {
    if (lower == word) return true;
  }
  for (const auto* word : {"false", "no", "off", "0"}) {
    if (lower == word) return false;
  }
  return std::nullopt;
}

Result<Value> parse_scalar(const Parameter& parameter, const std::string& text) {
  switch (parameter.type.scalar) {
    case Scalar::Bool:
      if (const auto value = parse_bool(text)) return Value(*value);
      return wrong_text("true or false", text);
    case Scalar::Int:
      if (const auto value = parse_number<std::int64_t>(text)) return Value(*value);
      return wrong_text("an int", text);
    case Scalar::Float:
      if (const auto value = parse_number<double>(text); value && std::isfinite(*value)) return Value(*value);
      return wrong_text("a float", text);
    case Scalar::Choice:
      for (const auto& choice : parameter.choices) {
        if (choice.value.plain() == text) return choice.value;
      }
      return Value(text);  // for check_value to name the choices
    case Scalar::Str:
    case Scalar::File:
      break;
  }
  if (!valid_utf8(text)) return wrong_text("text in UTF-8", text);
  return Value(text);
}

Result<void> check_choice(const Parameter& parameter, const Value& value) {
  std::vector<std::string> similar;
  for (const auto& choice : parameter.choices) {
    if (choice.value == value) return {};
    if (choice.value.kind_name() == value.kind_name()) similar.push_back(choice.value.plain());
  }
  return fail(ErrorKind::Invalid, "expected one of " + choices_text(parameter) + ", found " + value.described() +
                                      (value.text() ? did_you_mean(*value.text(), similar) : ""));
}

Result<void> check_text(const Parameter& parameter, const std::string& text) {
  if (parameter.reads_as != Scalar::Str) {
    Parameter reading;
    reading.type.scalar = parameter.reads_as;
    CHECK_OK(parse_scalar(reading, text));
  }
  if (parameter.type.scalar == Scalar::File && text.empty()) {
    return fail(ErrorKind::Invalid, "expected the path of a file, found an empty string");
  }
  const auto length = characters(text);
  if (parameter.max_length && length > static_cast<std::size_t>(std::max<std::int64_t>(0, *parameter.max_length))) {
    return fail(ErrorKind::Invalid, "expected at most " + std::to_string(*parameter.max_length) +
                                        " characters, found " + std::to_string(length) + ": \"" + printable(text, 60) +
                                        "\"");
  }
  return {};
}

Result<void> check_scalar(const Parameter& parameter, const Value& value) {
  bool right = false;
  switch (parameter.type.scalar) {
    case Scalar::Bool:
      right = value.boolean();
      break;
    case Scalar::Int:
      right = value.integer();
      break;
    case Scalar::Float:
      right = value.integer() || (value.real() && std::isfinite(*value.real()));
      break;
    case Scalar::Str:
    case Scalar::File:
      if (value.text()) return check_text(parameter, *value.text());
      break;
    case Scalar::Choice:
      return check_choice(parameter, value);
  }
  if (right) return {};
  return fail(ErrorKind::Invalid, "expected " + expected_name(parameter.type.scalar) + ", found " + value.described());
}

}  // namespace

std::string_view name_of(PortKind kind) {
  switch (kind) {
    case PortKind::Directory:
      return "directory";
    case PortKind::File:
      return "file";
    case PortKind::Stream:
      return "stream";
  }
  return {};
}

Resources Resources::or_else(const Resources& other) const {
  return {cpu ? cpu : other.cpu, memory ? memory : other.memory, gpus ? gpus : other.gpus};
}

int gpus_of(const Needs& needs) {
  return needs.requests.or_else(needs.limits).gpus.value_or(0);
}

std::string too_small_to_start(std::uint64_t memory) {
  return "a memory limit of " + quantity(memory) + " is too small to start a container in, at least " +
         quantity(kLeastMemory) + " are needed";
}

std::vector<Conflict> conflicts(const Needs& needs) {
  const Resources& requests = needs.requests;
  const Resources& limits = needs.limits;
  std::vector<Conflict> found;
  if (requests.cpu && limits.cpu && *requests.cpu > *limits.cpu)
    found.push_back({"cpu", fmt::format("requests {:g} core{}, more than its limit of {:g}", *requests.cpu,
                                        *requests.cpu == 1 ? "" : "s", *limits.cpu)});
  if (requests.memory && limits.memory && *requests.memory > *limits.memory) {
    found.push_back({"memory", "requests " + quantity(*requests.memory) + " of memory, more than its limit of " +
                                   quantity(*limits.memory)});
  }
  if (requests.gpus && limits.gpus && *requests.gpus != *limits.gpus) {
    found.push_back({"gpus", fmt::format("requests {} GPU{}, and its limit is {}: there is one number of both",
                                         *requests.gpus, *requests.gpus == 1 ? "" : "s", *limits.gpus)});
  }
  return found;
}

const Parameter* Tool::parameter(std::string_view wanted) const {
  return find_named(parameters, wanted);
}
const Port* Tool::input(std::string_view wanted) const {
  return find_named(inputs, wanted);
}
const Port* Tool::output(std::string_view wanted) const {
  return find_named(outputs, wanted);
}

std::vector<std::string> Tool::parameter_names() const {
  std::vector<std::string> names;
  for (const auto& each : parameters) names.push_back(each.name);
  return names;
}

std::string expected_of(const Parameter& parameter) {
  if (parameter.type.list) return parameter.type.name();
  if (parameter.type.scalar == Scalar::Choice) return "one of " + choices_text(parameter);
  std::string text = expected_name(parameter.type.scalar == Scalar::Str ? parameter.reads_as : parameter.type.scalar);
  if (parameter.max_length) text += " of at most " + std::to_string(*parameter.max_length) + " characters";
  return text;
}

Result<void> check_value(const Parameter& parameter, const Value& value) {
  if (value.is_null() && !parameter.required) return {};
  if (parameter.fixed && parameter.initial && value != *parameter.initial) {
    return fail(ErrorKind::Invalid, "it is not adjustable: its value is " + parameter.initial->json());
  }
  if (!parameter.type.list) return check_scalar(parameter, value);
  const auto* list = value.list();
  if (!list) return fail(ErrorKind::Invalid, "expected " + parameter.type.name() + ", found " + value.described());
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (auto checked = check_scalar(parameter, (*list)[i]); !checked) {
      return fail(ErrorKind::Invalid, "item " + std::to_string(i + 1) + ": " + checked.error().message);
    }
  }
  return {};
}

Result<Value> parse_value(const Parameter& parameter, const std::vector<std::string>& texts) {
  if (!parameter.type.list && texts.size() != 1) {
    return fail(ErrorKind::Invalid, "expected one value, found " + std::to_string(texts.size()));
  }
  List list;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto value = parse_scalar(parameter, texts[i]);
    if (!value) {
      if (parameter.type.list) value.error().message = "item " + std::to_string(i + 1) + ": " + value.error().message;
      return value;
    }
    list.push_back(std::move(*value));
  }
  Value value = parameter.type.list ? Value(std::move(list)) : std::move(list.front());
  CHECK_OK(check_value(parameter, value));
  return value;
}

}  // namespace boxcar
