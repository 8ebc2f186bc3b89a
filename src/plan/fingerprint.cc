#include "plan/fingerprint.h"

#include <type_traits>

#include "base/sha256.h"

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
  to.number(std::optional(static_cast<int>(parameter.reads_as)));
  to.flag(parameter.fixed);
}

void write(Writer& to, const ScaleRule& rule) {
  to.number(std::optional(rule.factor));
  to.flag(rule.limit);
  to.number(std::optional(static_cast<int>(rule.mode)));
  for (const auto* text : {&rule.directory, &rule.regex, &rule.glob}) to.text(*text);
}

void write(Writer& to, const Port& port) {
  to.text(port.name);
  to.text(name_of(port.kind));
  to.text(port.path);
  to.flag(port.optional);
  to.text(port.works_on);
  if (port.scale) write(to, *port.scale);
}

void write(Writer& to, const Needs& needs) {
  for (const auto* resources : {&needs.requests, &needs.limits}) {
    to.number(resources->cpu);
    to.number(resources->memory);
    to.number(resources->gpus);
  }
}

}  // namespace

std::string fingerprint(const Tool& tool) {
  Writer out;
  for (const auto* text : {&tool.format, &tool.name, &tool.mode, &tool.parameters_path, &tool.param_files_dir}) {
    out.text(*text);
  }
  for (const auto& word : tool.command) out.text(word);
  out.flag(tool.environment);
  out.flag(tool.keeps_entrypoint);
  write(out, tool.needs);
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
  for (const auto& word : options.command) out.text(word);
  write(out, options.needs);
  for (const auto& [port, rule] : options.scale) {
    out.text(port);
    write(out, rule);
  }
  for (const auto& label : options.labels) {
    out.text(label.name);
    out.text(label.value);
  }
  out.number(std::optional(options.retry_memory));
  out.number(options.max_memory);
  out.flag(options.network);
  out.flag(options.cache.enabled);
  out.flag(options.cache.direct);
  out.seconds(options.cache.max_age);
  out.number(std::optional(options.retries));
  out.seconds(options.timeout);
  return out.take();
}

std::string fingerprint(const RegistryLogin& login) {
  Writer out;
  out.text(login.registry);
  for (const auto* credential : {&login.username, &login.password}) {
    for (const auto* text : {&credential->value, &credential->from.env, &credential->from.file}) out.text(*text);
  }
  return sha256(out.take()).hex();
}

}  // namespace boxcar
