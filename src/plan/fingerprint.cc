#include "plan/fingerprint.h"

#include <type_traits>

namespace boxcar {

namespace {

class Writer {
 public:
  void text(std::string_view value) { (out_ += std::to_string(value.size()) += ':').append(value); }
  void flag(bool value) { out_ += value ? '1' : '0'; }
  template <class T>
  void number(const std::optional<T>& value) {
    if constexpr (std::is_same_v<T, double>) {
      if (value) out_ += Value(*value).json();  // the canonical form, which is exact
    } else {
      if (value) out_ += std::to_string(*value);
    }
    out_ += ';';
  }
  void seconds(const std::optional<Seconds>& value) { number(value ? std::optional(value->count()) : std::nullopt); }
  void mark(char kind) { out_ += kind; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write(Writer& to, const Parameter& parameter) {
  to.mark('p');
  to.text(parameter.name);
  to.text(parameter.type.name());
  to.text(parameter.initial ? parameter.initial->json() : "");
  to.flag(parameter.required);
  to.number(parameter.max_length);
  for (const auto& choice : parameter.choices) to.text(choice.value.json());
}

void write(Writer& to, const Port& port) {
  to.text(port.name);
  to.text(name_of(port.kind));
  to.text(port.path);
  to.flag(port.optional);
  to.text(port.works_on);
}

}  // namespace

std::string fingerprint(const Tool& tool) {
  Writer out;
  for (const auto* text : {&tool.format, &tool.name, &tool.mode, &tool.parameters_path, &tool.param_files_dir}) {
    out.text(*text);
  }
  for (const auto& word : tool.command) out.text(word);
  for (const auto& parameter : tool.parameters) write(out, parameter);
  out.mark('i');
  for (const auto& port : tool.inputs) write(out, port);
  out.mark('o');
  for (const auto& port : tool.outputs) write(out, port);
  return out.take();
}

std::string fingerprint(const StepOptions& options) {
  Writer out;
  for (const auto& variable : options.env) {
    out.text(variable.name);
    out.text(variable.value);
  }
  out.mark('s');
  for (const auto& secret : options.secrets) {
    for (const auto* text : {&secret.name, &secret.env, &secret.file}) out.text(*text);
  }
  out.mark('r');
  out.number(options.resources.cpu);
  out.number(options.resources.memory);
  out.number(std::optional(options.resources.gpus));
  out.flag(options.network);
  out.flag(options.cache.enabled);
  out.flag(options.cache.direct);
  out.seconds(options.cache.max_age);
  out.number(std::optional(options.retries));
  out.seconds(options.timeout);
  return out.take();
}

}  // namespace boxcar
