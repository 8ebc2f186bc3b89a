// task.json of Kaapana's Task API, api_version 1 (docs/formats/kaapana.md): a workflow of one step.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/jinja.h"
#include "spec/json.h"
#include "spec/kaapana.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 10> kTaskKeys = {"name",    "image", "api_version", "taskTemplate", "inputs",
                                                        "outputs", "env",   "command",     "resources",    "config"};
constexpr std::array<std::string_view, 3> kVolumeKeys = {"name", "volume_source", "scale_rule"};
constexpr std::array<std::string_view, 1> kSourceKeys = {"host_path"};
constexpr std::array<std::string_view, 2> kVariableKeys = {"name", "value"};
constexpr std::array<std::string_view, 11> kConfigKeys = {
    "type",        "labels",           "namespace", "registryUrl", "registryUsername", "registryPassword",
    "annotations", "imagePullSecrets", "env_vars",  "volumes",     "volume_mounts"};
// What would change what the container sees.
constexpr std::array<std::string_view, 3> kOfClusters = {"env_vars", "volumes", "volume_mounts"};
constexpr std::array<std::string_view, 2> kConfigTypes = {"docker", "k8s"};
constexpr std::array<std::string_view, 2> kReferenceKeys = {"env", "file"};
constexpr std::size_t kLongestName = 62;  // of a Pod

// Texts of a task are taken as they are, so that what would be a reference in a workflow is none.
std::string literal(std::string_view text) {
  std::string result;
  for (const char c : text) result.append(c == '$' ? 2 : 1, c);
  return result;
}

class TaskReader {
 public:
  TaskReader(const Node& root, const Rendered& from, Workflow& workflow, Report& report)
      : fields_(root, {"task.json"}, kTaskKeys, report, Unknown::PassedOver),
        from_(from),
        workflow_(workflow),
        report_(report) {}

  void read() {
    if (!fields_.is_mapping()) return;
    read_name();
    read_image();
    read_template();
    read_what_is_given();
    options_->needs = read_kaapana_resources(fields_, report_);
    note_resources(fields_.find("resources"));
    hide_password();
    step_.options = std::move(options_);
    workflow_.steps.push_back(std::move(step_));
  }

  // As it stands there, also where its login is none.
  const std::string& password() const { return password_; }

 private:
  void read_what_is_given() {
    const Report::Aside aside(report_);
    read_api_version(fields_);
    read_volumes("inputs", true);
    read_volumes("outputs", false);
    read_environment();
    options_->command = read_kaapana_command(fields_);
    read_config();
    options_->partial = aside.any();
    workflow_.all_outputs = !aside.any();
  }

  void read_name() {
    const auto* node = fields_.need("name");
    step_.at = node != nullptr ? node->at : Position{1, 1};
    workflow_.name = fields_.text("name").value_or("");
    step_.name = task_step_name(workflow_.name);
    if (node != nullptr && node->kind == Node::Kind::String && step_.name.empty())
      fields_.expected("name", *node, "a name with a letter (A to Z, a to z) or a digit in it");
  }

  void read_image() {
    const auto* node = fields_.need("image");
    std::string image = fields_.text("image").value_or("");
    if (node != nullptr) step_.image_at = node->at;
    if (node != nullptr && node->kind == Node::Kind::String &&
        (image.empty() || image.find_first_of(" \t\n") != std::string::npos)) {
      fields_.expected("image", *node, "the name of an image (owner/name:tag)");
    }
    step_.image = std::make_shared<const std::string>(std::move(image));
  }

  void read_template() {
    const auto* node = fields_.need("taskTemplate");
    if (node == nullptr) return;
    options_->template_at = node->at;
    options_->values_at = node->at;
    if (node->is_mapping()) {
      options_->tool = read_task_template(*node, report_);
      note_resources(Pairs(*node).find("resources"));
    } else if (node->kind == Node::Kind::String && !node->text.empty()) {
      options_->template_name = node->text;
    } else {
      fields_.expected("taskTemplate", *node, "the identifier of a template (a string), or a template itself");
    }
  }

  // Of a template that stands here, and of the task; the task's are the last word.
  void note_resources(const Node* node) {
    if (node != nullptr && node->is_mapping()) options_->resources_at = node->at;
  }

  void read_volumes(std::string_view key, bool input) {
    const auto* volumes = fields_.sequence(key);
    if (volumes == nullptr) return;
    Names names(input ? "input channel" : "output channel", report_);
    for (const auto& node : Items(*volumes)) read_volume(node, input, names);
  }

  void read_volume(const Node& node, bool input, Names& names) {
    const Fields volume(node, kaapana_subject("channel", node, "name"), kVolumeKeys, report_, Unknown::PassedOver);
    if (!volume.is_mapping()) return;
    const auto name = read_channel_name(volume);
    const bool fresh = name.empty() || names.add(name, node.at);
    const auto path = read_host_path(volume);
    if (auto rule = read_channel_rule(volume, input, report_)) options_->scale.emplace_back(name, *std::move(rule));
    if (!fresh || name.empty() || !path) return;
    if (input) {
      step_.inputs.push_back({name, HostPath{literal(*path)}, node.at});
    } else {
      workflow_.outputs.push_back({name, Link{step_.name, name, {}}, literal(*path), node.at});
    }
  }

  std::optional<std::string> read_host_path(const Fields& volume) {
    volume.need("volume_source");
    const auto* node = volume.mapping("volume_source");
    if (node == nullptr) return std::nullopt;
    const Fields source(*node, {"the volume of channel", volume.subject().name}, kSourceKeys, report_,
                        Unknown::PassedOver);
    const auto* path = source.need("host_path");
    auto text = source.text("host_path");
    if (text && text->empty()) {
      source.expected("host_path", *path, "the path of a directory");
      return std::nullopt;
    }
    // Upstream knows no home, and would take it for a folder of that name.
    if (text && (*text == "~" || text->starts_with("~/"))) {
      source.expected("host_path", *path, "a path that does not begin with '~' ({{ env.HOME }} is the home)");
      return std::nullopt;
    }
    return text;
  }

  void read_environment() {
    const auto* env = fields_.sequence("env");
    if (env == nullptr) return;
    options_->values_at = env->at;
    Names names("environment variable", report_);
    for (const auto& node : Items(*env)) {
      const Fields variable(node, kaapana_subject("environment variable", node, "name"), kVariableKeys, report_,
                            Unknown::PassedOver);
      if (!variable.is_mapping()) continue;
      const auto name = read_variable_name(variable);
      const auto* written = variable.need("value");
      const auto value = variable.text("value");
      if (name.empty() || !names.add(name, node.at) || !value) continue;
      options_->env.push_back({name, literal(*value), node.at, from_.holds_environment(written->at)});
    }
  }

  // However it came into the document.
  void hide_password() {
    if (password_.empty()) return;
    for (auto& each : options_->env)
      each.unshown = each.unshown || each.value.find(literal(password_)) != std::string::npos;
  }

  void read_config() {
    const auto* node = fields_.mapping("config");
    if (node == nullptr) return;
    const Fields config(*node, {"'config'"}, kConfigKeys, report_, Unknown::PassedOver);
    config.word("type", kConfigTypes);
    for (const auto key : kOfClusters) {
      const auto* given = config.find(key);
      const bool empty = given == nullptr || (given->is_scalar() ? given->text.empty() : given->span == 1);
      if (!empty)
        report_.warn(given->at, "'config': " + in_quotes(key) + " counts on a cluster only, and is passed over");
    }
    if (const auto* labels = config.mapping("labels")) {
      for (const auto& [name, value] : Pairs(*labels)) {
        if (value.kind == Node::Kind::String) {
          options_->labels.push_back({name.text, value.text, name.at});
        } else {
          report_.error(value.at, "label " + in_quotes(name.text) + ": expected a string, found " + value.described());
        }
      }
    }
    read_login(config, *node);
  }

  // All three or none: upstream takes anything less for none, and then fails at the registry. Templates write empty
  // texts where nobody logs in.
  void read_login(const Fields& config, const Node& node) {
    RegistryLogin login;
    login.registry = config.text("registryUrl").value_or("");
    const auto given = [&](std::string_view key) {
      const auto* value = config.find(key);
      return value != nullptr && !(value->kind == Node::Kind::String && value->text.empty());
    };
    if (!given("registryUsername") && !given("registryPassword")) return;
    login.username = read_credential(config, "registryUsername");
    login.password = read_credential(config, "registryPassword");
    password_ = login.password.value;
    const auto is_said = [](const Credential& one) {
      return !one.value.empty() || !one.from.env.empty() || !one.from.file.empty();
    };
    if (login.registry.empty()) {
      report_.error(node.at, "'config': 'registryUsername' and 'registryPassword' need a 'registryUrl'");
    } else if (is_said(login.username) && is_said(login.password)) {
      options_->login = std::make_shared<const RegistryLogin>(std::move(login));
    }
  }

  // Nothing of a value is ever quoted: it may be the password.
  Credential read_credential(const Fields& config, std::string_view key) {
    Credential credential;
    const auto* node = config.need(key);
    if (node == nullptr) return credential;
    credential.from.name = key;
    credential.from.at = node->at;
    if (node->kind == Node::Kind::String && !node->text.empty()) {
      credential.value = node->text;
      return credential;
    }
    if (node->is_mapping()) {
      const Fields reference(*node, {key}, kReferenceKeys, report_);
      credential.from.env = reference.text("env").value_or("");
      credential.from.file = reference.text("file").value_or("");
      if (credential.from.env.empty() != credential.from.file.empty()) return credential;
    }
    report_.error(node->at,
                  "'" + std::string(key) +
                      "': expected a string that is not empty, {\"env\": VARIABLE} or {\"file\": PATH}, found " +
                      (node->kind == Node::Kind::String ? "an empty one" : "something else (not shown)"));
    return credential;
  }

  const Fields fields_;
  const Rendered& from_;
  Workflow& workflow_;
  Report& report_;
  Step step_;
  std::string password_;
  std::unique_ptr<StepOptions> options_ = std::make_unique<StepOptions>();
};

// Whether a message quotes a secret, or the beginning of it.
bool quotes(const std::string& message, const std::string& secret) {
  constexpr std::size_t kBeginning = 8;
  return !secret.empty() && message.find(printable(secret, 1000).substr(0, kBeginning)) != std::string::npos;
}

// Findings in what came out of a template, at their places in the template.
void add_from(const Findings& rendered, const Rendered& from, const std::string& password, Findings& to) {
  for (Finding finding : rendered.all()) {
    if (finding.at.line > 0) finding.at = from.origin(finding.at);
    if (quotes(finding.message, password))
      finding.message = "what stands here is wrong, and is not shown: it has the password of 'config' in it";
    to.add(std::move(finding));
  }
}

// What a tag writes may be a password; where it is no JSON, its text is not shown.
void hide_written(Findings& json, const Rendered& from) {
  Findings kept;
  for (Finding finding : json.all()) {
    if (finding.at.line > 0 && !from.copied(finding.at))
      finding.message = "what the template writes here is wrong as JSON, and not shown";
    kept.add(std::move(finding));
  }
  json = std::move(kept);
}

void move_places(Workflow& workflow, const Rendered& from) {
  Step& step = workflow.steps.front();
  StepOptions& options = *step.options;
  const auto move = [&](Position& at) { at = from.origin(at); };
  for (auto* at : {&step.at, &step.image_at, &options.template_at, &options.values_at}) move(*at);
  if (options.resources_at.line != 0) move(options.resources_at);
  for (auto& each : step.inputs) move(each.at);
  for (auto& each : options.env) move(each.at);
  for (auto& each : options.labels) move(each.at);
  for (auto& [port, rule] : options.scale) move(rule.at);
  if (options.login) {
    RegistryLogin login = *options.login;
    move(login.username.from.at);
    move(login.password.from.at);
    options.login = std::make_shared<const RegistryLogin>(std::move(login));
  }
  for (auto& each : workflow.outputs) move(each.at);
}

}  // namespace

std::string task_step_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool alphanumeric = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (alphanumeric) {
      result += static_cast<char>(upper ? c + ('a' - 'A') : c);
    } else if (!result.empty() && result.back() != '-') {
      result += c == '.' ? '.' : '-';
    }
  }
  if (result.size() > kLongestName) result.resize(kLongestName);
  while (!result.empty() && (result.back() == '-' || result.back() == '.')) result.pop_back();
  return result;
}

std::optional<Workflow> read_task(const Document& document, const Surroundings& around, Findings& findings) {
  const auto rendered = render_jinja(document, around.variables, findings);
  if (!rendered) return std::nullopt;
  Findings own;
  Report report(document.name, own);
  Workflow workflow;
  workflow.file = document.name;
  workflow.directory = around.directory;
  workflow.memory_key = "resources.limits.memory";
  const auto tree = read_json(rendered->text(), report);
  hide_written(own, *rendered);
  std::string password;
  if (tree) {
    TaskReader reader(tree->root(), *rendered, workflow, report);
    reader.read();
    password = reader.password();
  }
  add_from(own, *rendered, password, findings);
  if (!report.sound() || workflow.steps.empty()) return std::nullopt;
  move_places(workflow, *rendered);
  return workflow;
}

}  // namespace boxcar
