// The one description of an action's key. docs/cache-key.md fixes it byte for byte; what is changed here makes every
// kept result unknown, so it goes with a new version in kMagic.
#include <fmt/format.h>

#include "plan/action.h"

namespace boxcar {

namespace {

constexpr std::string_view kMagic = "boxcar-key-1\n";

// Gives `sink` all fields in order, as the parts of a name and a value: sink(section, item, property, value). What a
// person would name first as the reason of a change stands first.
template <class Sink>
void describe(const Action& action, Sink&& sink) {
  sink("image", "", "", action.image->identity.hex());
  sink("platform", "", "", action.image->platform());
  sink("parameters", "", "", action.parameters);
  sink("parameters_path", "", "", action.parameters_path);
  for (const auto& input : action.inputs) {
    sink("input.", input.port, ".content", input.content.is_zero() ? "none" : "sha256:" + input.content.hex());
    sink("input.", input.port, ".kind", name_of(input.kind));
    sink("input.", input.port, ".path", input.path);
    sink("input.", input.port, ".required", input.required ? "true" : "false");
  }
  for (std::size_t i = 0; i < action.argv.size(); ++i) {
    const fmt::format_int number(i);
    sink("argv.", std::string_view(number.data(), number.size()), "", action.argv[i]);
  }
  for (const auto& variable : action.env) {
    const std::string_view whole = variable;
    const auto equals = std::min(whole.find('='), whole.size());
    sink("env.", whole.substr(0, equals), "", whole.substr(std::min(equals + 1, whole.size())));
  }
  sink("user", "", "", action.user);
  sink("working_dir", "", "", action.working_dir);
  sink("network", "", "", action.network ? "on" : "off");
  sink("gpu", "", "", action.gpu ? "true" : "false");
  for (const auto& secret : action.secrets) sink("secret.", secret, "", "");
  for (const auto& output : action.outputs) {
    sink("output.", output.port, ".kind", name_of(output.kind));
    sink("output.", output.port, ".path", output.path);
    sink("output.", output.port, ".required", output.required ? "true" : "false");
    sink("output.", output.port, ".works_on", output.works_on);
    if (!output.direct.empty()) sink("output.", output.port, ".direct", "true");  // a result without that port
  }
}

// The bytes that are hashed. One buffer a thread, for 100,000 actions in a row.
class Encoding {
 public:
  Encoding() { buffer_ = kMagic; }
  ~Encoding() {
    if (buffer_.capacity() > kMostKept) std::string().swap(buffer_);
  }

  void operator()(std::string_view section, std::string_view item, std::string_view property, std::string_view value) {
    length(section.size() + item.size() + property.size());
    buffer_.append(section).append(item).append(property);
    length(value.size());
    buffer_.append(value);
  }
  Key key() const { return sha256(buffer_); }

 private:
  static constexpr std::size_t kMostKept = std::size_t{1} << 20;

  void length(std::size_t size) {  // 64 bits, least significant byte first
    char bytes[8];
    for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(size >> 8 * i & 0xFF);
    buffer_.append(bytes, sizeof bytes);
  }

  static thread_local std::string buffer_;
};

thread_local std::string Encoding::buffer_;

}  // namespace

Key action_key(const Action& action) {
  Encoding encoding;
  describe(action, encoding);
  return encoding.key();
}

std::vector<KeyField> key_fields(const Action& action) {
  std::vector<KeyField> fields;
  describe(action,
           [&](std::string_view section, std::string_view item, std::string_view property, std::string_view value) {
             auto& field = fields.emplace_back();
             field.name.append(section).append(item).append(property);
             field.value = value;
           });
  return fields;
}

}  // namespace boxcar
