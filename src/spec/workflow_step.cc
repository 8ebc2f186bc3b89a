#include <array>

#include "base/text.h"
#include "model/template.h"
#include "spec/workflow_parts.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 15> kStepKeys = {"image",        "template",   "params",  "inputs", "env",
                                                        "secrets",      "resources",  "network", "cache",  "retries",
                                                        "retry_memory", "max_memory", "timeout", "after",  "tool"};
constexpr std::array<std::string_view, 2> kCacheKeys = {"max_age", "direct"};
constexpr std::array<std::string_view, 2> kSecretKeys = {"env", "file"};
constexpr std::array<std::string_view, 2> kNetwork = {"none", "on"};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_variable_name(std::string_view name) {
  if (name.empty() || !is_letter(name[0])) return false;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c)) return false;
  }
  return true;
}

void check_all_references(const Value& value, Position at, const Subject& subject, Report& report) {
  if (const auto* text = value.text()) check_references(*text, at, subject, report);
  if (const auto* list = value.list()) {
    for (const auto& item : *list) check_all_references(item, at, subject, report);
  }
}

// What most steps don't say: everything but image, params and inputs.
class OptionsReader {
 public:
  OptionsReader(const Fields& fields, Report& report) : fields_(fields), report_(report) {}

  std::unique_ptr<StepOptions> read() {
    if (const auto* node = fields_.find("template")) {
      options_->template_at = node->at;
      options_->template_name = fields_.text("template").value_or("");
    }
    read_values();
    read_limits();
    if (const auto* node = fields_.find("tool")) options_->tool = read_inline_tool(*node, fields_.subject(), report_);
    return std::move(options_);
  }

 private:
  void read_values() {
    const Report::Aside aside(report_);
    read_env();
    read_secrets();
    options_->partial = aside.any();
  }

  void read_limits() {
    const Report::Aside aside(report_);
    read_cache();
    read_after();
    read_step_resources(fields_, *options_, report_);
    if (const auto network = fields_.word("network", kNetwork)) options_->network = *network == 1;
    options_->retries = static_cast<int>(fields_.integer("retries", 0, 1000).value_or(0));
    warn_of_idle("retry_memory", "retries");
    warn_of_idle("max_memory", "retry_memory");
    options_->timeout = fields_.duration("timeout");
  }

  void warn_of_idle(std::string_view key, std::string_view without) {
    const auto* node = fields_.find(key);
    if (node == nullptr || fields_.find(without) != nullptr) return;
    report_.warn(node->at,
                 fields_.subject().text() + ": " + in_quotes(key) + " does nothing without " + in_quotes(without));
  }

  template <class Each>
  void for_each_pair(std::string_view key, Each each) {
    const auto* node = fields_.mapping(key);
    if (node == nullptr) return;
    for (const auto& [name, value] : Pairs(*node)) each(name, value);
  }

  bool check_variable(const Node& name, std::string_view what) {
    if (is_variable_name(name.text)) return true;
    report_.error(name.at, fields_.subject().text() + ": expected the name of " + std::string(what) +
                               " (letters, digits and '_', no digit first), found " + in_quotes(name.text));
    return false;
  }

  void read_env() {
    for_each_pair("env", [&](const Node& name, const Node& value) {
      check_variable(name, "an environment variable");
      if (!value.is_scalar() || value.kind == Node::Kind::Null) {
        report_.error(value.at, fields_.subject().text() + ", environment variable " + in_quotes(name.text) +
                                    ": expected a value (\"\" for none), found " + value.described());
        return;
      }
      check_references(value.text, value.at, {"environment variable", name.text}, report_);
      options_->env.push_back({name.text, value.text, name.at});
    });
  }

  // Whoever takes this for the place of the secret itself must not find it in a message.
  void read_secrets() {
    const auto* secrets = fields_.find("secrets");
    if (secrets != nullptr && !secrets->is_mapping()) {
      report_.error(secrets->at, fields_.subject().text() + ", 'secrets': expected a mapping of names to {env: …} or " +
                                     "{file: …}, found something else (not shown)");
      return;
    }
    for_each_pair("secrets", [&](const Node& name, const Node& value) {
      check_variable(name, "a secret");
      const Subject subject{"secret", name.text};
      if (!value.is_mapping()) {
        report_.error(value.at, subject.text() + ": expected where its value is found, {env: VARIABLE} or " +
                                    "{file: PATH}, not the value itself (not shown)");
        return;
      }
      for (const auto& [key, where] : Pairs(value)) {
        if (where.kind == Node::Kind::String || where.kind == Node::Kind::Null) continue;
        report_.error(where.at, subject.text() + ", " + in_quotes(key.text) +
                                    ": expected a string (in quotes), found something else (not shown)");
        return;
      }
      const Fields secret(value, subject, kSecretKeys, report_);
      if ((secret.find("env") == nullptr) == (secret.find("file") == nullptr)) {
        report_.error(value.at,
                      secret.subject().text() + ": expected either 'env' (a variable of the host) or 'file' (a path)");
      }
      options_->secrets.push_back(
          {name.text, secret.text("env").value_or(""), secret.text("file").value_or(""), name.at});
    });
  }

  void read_cache() {
    const auto* node = fields_.find("cache");
    if (node == nullptr) return;
    auto& cache = options_->cache;
    if (node->kind == Node::Kind::Bool) {
      cache.enabled = node->boolean;
      return;
    }
    if (!node->is_mapping()) {
      fields_.expected("cache", *node, "true, false, {max_age: 1d} or {direct: true}");
      return;
    }
    const Fields fields(*node, {"the cache of step", fields_.subject().name}, kCacheKeys, report_);
    cache.max_age = fields.duration("max_age");
    cache.direct = fields.boolean("direct").value_or(false);
    cache.enabled = !cache.direct;
    if (cache.direct && fields.find("max_age")) {
      report_.error(node->at, fields.subject().text() +
                                  ": 'direct' means that nothing is kept, so it can't stand beside 'max_age'");
    }
  }

  void add_after(const Node& node) {
    if (node.kind != Node::Kind::String && node.kind != Node::Kind::Int) {
      fields_.expected("after", node, "the name of a step");
    } else {
      options_->after.emplace_back(node.text, node.at);
    }
  }

  void read_after() {
    const auto* node = fields_.find("after");
    if (node == nullptr) return;
    if (!node->is_sequence()) return add_after(*node);
    for (const auto& item : Items(*node)) add_after(item);
  }

  const Fields& fields_;
  Report& report_;
  std::unique_ptr<StepOptions> options_ = std::make_unique<StepOptions>();
};

std::vector<Argument> read_params(const Fields& fields, Report& report) {
  std::vector<Argument> arguments;
  const auto* node = fields.mapping("params");
  if (node == nullptr) return arguments;
  arguments.reserve(Pairs(*node).count());
  for (const auto& [name, given] : Pairs(*node)) {
    const Subject subject{"parameter", name.text};
    auto value = value_of(given, subject, report);
    if (!value) continue;
    check_all_references(*value, given.at, subject, report);
    arguments.push_back({name.text, std::move(*value), name.at});
  }
  return arguments;
}

std::vector<Binding> read_inputs(const Fields& fields, Report& report) {
  std::vector<Binding> bindings;
  const auto* node = fields.mapping("inputs");
  if (node == nullptr) return bindings;
  bindings.reserve(Pairs(*node).count());
  for (const auto& [port, value] : Pairs(*node)) {
    const Subject subject{"input", port.text};
    if (value.kind != Node::Kind::String) {
      report.error(value.at, subject.text() + ": expected STEP/PORT, a path of the host or ${inputs.NAME}, found " +
                                 value.described());
      continue;
    }
    auto source = parse_source(value.text);
    if (!source) {
      report.error(value.at, subject.text() + ": " + source.error().message);
      continue;
    }
    bindings.push_back({port.text, std::move(*source), value.at});
  }
  return bindings;
}

bool is_plain_key(std::string_view key) {
  return key == "image" || key == "params" || key == "inputs";
}

}  // namespace

bool check_name(const Node& name, std::string_view noun, bool dots, Report& report) {
  const std::string_view text = name.text;
  bool right = !text.empty() && text[0] != '-' && text[0] != '.';
  for (const char c : text) right = right && (is_letter(c) || is_digit(c) || c == '-' || (dots && c == '.'));
  if (!right) {
    report.error(name.at, "expected a name of " + std::string(noun) + " made of letters, digits, '_'" +
                              (dots ? ", '-' and '.'" : " and '-'") +
                              (dots ? ", with neither '-' nor '.' first" : ", not '-' first") + ", found " +
                              in_quotes(text));
  }
  return right;
}

void check_references(const std::string& text, Position at, const Subject& subject, Report& report) {
  if (!has_references(text)) return;
  const auto names = references(text);
  if (!names) {
    report.error(at, subject.text() + ": " + names.error().message);
    return;
  }
  for (const auto& name : *names) {
    if (name.starts_with("inputs.") && name.size() > 7) continue;
    report.error(at, subject.text() + ": expected ${inputs.NAME}, found " + in_quotes("${" + name + "}") +
                         " (write $${ for the text ${)");
  }
}

std::shared_ptr<const std::string> StepReader::read_image(const Fields& fields, Position& at) {
  const auto* node = fields.need("image");
  if (node == nullptr) return nullptr;
  at = node->at;
  if (node->kind != Node::Kind::String || node->text.empty() ||
      node->text.find_first_of(" \t\n$") != std::string::npos) {
    fields.expected("image", *node, "the name of an image (owner/name:tag)");
    return nullptr;
  }
  const auto found = images_.find(node->text);
  if (found != images_.end()) return found->second;
  return images_.emplace(node->text, std::make_shared<const std::string>(node->text)).first->second;
}

Step StepReader::read(const Node& name, const Node& node) {
  Step step;
  step.name = name.text;
  step.at = name.at;
  check_name(name, "a step", true, report_);
  const Fields fields(node, {"step", name.text}, kStepKeys, report_);
  if (fields.is_mapping()) step.image = read_image(fields, step.image_at);
  if (step.image == nullptr) step.image = std::make_shared<const std::string>();
  if (!fields.is_mapping()) return step;
  bool partial = false;
  {
    const Report::Aside aside(report_);
    step.params = read_params(fields, report_);
    step.inputs = read_inputs(fields, report_);
    partial = aside.any();
  }
  for (const auto& [key, value] : Pairs(node)) {
    if (is_plain_key(key.text)) continue;
    step.options = OptionsReader(fields, report_).read();
    break;
  }
  if (partial && !step.options) step.options = std::make_unique<StepOptions>();
  if (partial) step.options->partial = true;
  return step;
}

}  // namespace boxcar
