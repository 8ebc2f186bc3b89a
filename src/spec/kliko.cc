// kliko.yml of schema versions 2, 3 and 4 (docs/formats/kliko.md).
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/fd.h"
#include "base/text.h"
#include "spec/parameter.h"
#include "spec/reader.h"
#include "spec/yaml.h"

namespace boxcar {

namespace {

constexpr std::array<std::string_view, 9> kTopKeys = {"schema_version", "name", "description", "container", "author",
                                                      "email",          "url",  "io",          "sections"};
constexpr std::array<std::string_view, 3> kSectionKeys = {"name", "description", "fields"};
constexpr std::array<std::string_view, 8> kFieldKeys = {"name",    "type",  "initial",   "max_length",
                                                        "choices", "label", "help_text", "required"};
constexpr std::array<std::string_view, 2> kModes = {"split", "join"};

constexpr std::array<std::string_view, 6> kTypes2 = {"choice", "char", "float", "file", "bool", "int"};
constexpr std::array<std::string_view, 7> kTypes3 = {"choice", "char", "str", "float", "file", "bool", "int"};
constexpr std::array<std::string_view, 11> kTypes4 = {"choice",     "str",         "float",     "file",
                                                      "bool",       "int",         "List[int]", "List[bool]",
                                                      "List[file]", "List[float]", "List[str]"};

std::span<const std::string_view> types_of(int version) {
  if (version == 2) return kTypes2;
  if (version == 3) return kTypes3;
  return kTypes4;
}

class KlikoReader {
 public:
  KlikoReader(const Node& root, Report& report) : top_(root, {"kliko.yml"}, kTopKeys, report), report_(report) {}

  Tool read() {
    tool_.format = "kliko";
    if (!top_.is_mapping()) return {};
    read_version();
    read_texts();
    read_mode();
    read_sections();
    tool_.command = {"/kliko"};
    tool_.parameters_path = "/parameters.json";
    tool_.param_files_dir = "/param_files";
    return std::move(tool_);
  }

 private:
  void read_version() {
    tool_.schema_version = 3;
    const auto* node = top_.find("schema_version");
    if (node == nullptr) {
      report_.warn(top_.at(), "kliko.yml lacks the key 'schema_version'; it is read as version 3");
      return;
    }
    if (const auto version = top_.integer("schema_version", 2, 4)) {
      tool_.schema_version = static_cast<int>(*version);
    } else {
      tool_.schema_version = 4;  // the widest, so that the rest is judged mildly
    }
  }

  void read_texts() {
    tool_.name = top_.text("name").value_or("");
    if (tool_.schema_version == 2) top_.need("description");
    tool_.description = top_.text("description").value_or("");
    tool_.author = top_.text("author").value_or("");
    tool_.container = text_like("container", is_container, "an image's name with a slash (owner/name)");
    tool_.email = text_like("email", is_email, "an address (someone@somewhere)");
    tool_.url = text_like("url", is_url, "a URL that begins with http:// or https://");
  }

  std::string text_like(std::string_view key, bool (*right)(std::string_view), std::string_view what) {
    auto text = top_.text(key).value_or("");
    const auto* node = top_.find(key);
    if (node != nullptr && node->kind == Node::Kind::String && !right(text)) top_.expected(key, *node, what);
    return text;
  }

  // Something before and something after the mark.
  static bool holds_inside(std::string_view text, char mark) {
    const auto at = text.find(mark, 1);
    return at != std::string_view::npos && at + 1 < text.size();
  }
  static bool is_container(std::string_view text) { return holds_inside(text, '/'); }
  static bool is_email(std::string_view text) { return holds_inside(text, '@'); }
  static bool is_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
      if (text.starts_with(scheme)) {
        return text.size() > scheme.size() && text.find_first_of(" \t\n") == std::string_view::npos;
      }
    }
    return false;
  }

  void read_mode() {
    const auto* node = top_.need("io");
    if (node == nullptr) return;
    const auto mode = top_.word("io", kModes);
    if (!mode) return;
    tool_.mode = kModes[*mode];
    const auto port = [&](std::string name, std::string path) {
      Port result;
      result.name = std::move(name);
      result.path = std::move(path);
      result.at = node->at;
      return result;
    };
    const bool join = tool_.mode == "join";
    tool_.inputs = {join ? port("work", "/work") : port("input", "/input")};
    tool_.inputs[0].optional = true;
    tool_.outputs = {port("output", join ? "/work" : "/output")};
    if (join) tool_.outputs[0].works_on = "work";
  }

  void read_sections() {
    if (tool_.schema_version < 4) top_.need("sections");
    const auto* sections = top_.sequence("sections");
    if (sections == nullptr) return;
    for (const auto& node : Items(*sections)) {
      const auto* name = node.is_mapping() ? Pairs(node).find("name") : nullptr;
      const Fields section(node, {"section", name ? std::string_view(name->text) : std::string_view{}}, kSectionKeys,
                           report_);
      section.need("name");
      section.need("description");
      const auto heading = section.text("name").value_or("");
      tool_.sections.push_back({heading, section.text("description").value_or("")});
      section.need("fields");
      const auto* fields = section.sequence("fields");
      if (fields == nullptr) continue;
      for (const auto& field : Items(*fields)) read_field(field, heading);
    }
  }

  void read_field(const Node& node, const std::string& section) {
    const auto* name = node.is_mapping() ? Pairs(node).find("name") : nullptr;
    const Fields field(node, {"field", name ? std::string_view(name->text) : std::string_view{}}, kFieldKeys, report_);
    if (!field.is_mapping()) return;
    Parameter parameter;
    parameter.at = node.at;
    parameter.section = section;
    if (field.need("name")) parameter.name = read_name(field, *name);
    const auto type = read_field_type(field);
    parameter.type = type.value_or(Type{});
    parameter.label = field.text("label").value_or("");
    parameter.help = field.text("help_text").value_or("");
    parameter.required = field.boolean("required").value_or(false);
    parameter.max_length = field.integer("max_length", 1, 1'000'000'000);
    const bool text = parameter.type.scalar == Scalar::Str || parameter.type.scalar == Scalar::File;
    if (type && parameter.max_length && !text) misplaced(field, "max_length", *type);
    if (type && type->scalar == Scalar::Choice) {
      const auto* choices = field.need("choices");
      parameter.choices = read_choices(field, "choices", false, report_);
      if (choices && choices->is_mapping() && parameter.choices.empty())
        field.expected("choices", *choices, "at least one choice");
    } else if (type && field.find("choices")) {
      misplaced(field, "choices", *type);
    }
    if (type) parameter.initial = read_initial(field, "initial", parameter, report_);
    tool_.parameters.push_back(std::move(parameter));
  }

  std::string read_name(const Fields& field, const Node& node) {
    auto name = field.text("name").value_or("");
    if (node.kind != Node::Kind::String) return name;
    if (!is_file_name(name)) {
      field.expected("name", node, "a name that is not empty and holds no slash");
    }
    const auto [first, added] = names_.emplace(name, node.at);
    if (!added) {
      report_.error(node.at, "the field " + in_quotes(name) + " stands twice, first in line " +
                                 std::to_string(first->second.line) + "; names are unique over the whole file");
    }
    return name;
  }

  std::optional<Type> read_field_type(const Fields& field) {
    const auto* node = field.find("type");
    const auto version = tool_.schema_version;
    const auto known_to = [&](int other) {
      const auto types = types_of(other);
      return node != nullptr && std::find(types.begin(), types.end(), node->text) != types.end();
    };
    if (!known_to(version)) {
      if (version == 4 && known_to(3)) {
        report_.error(node->at, field.subject().text() + ": the type 'char' is called 'str' in schema_version 4");
        return std::nullopt;
      }
      for (int later = version + 1; later <= 4; ++later) {
        if (!known_to(later)) continue;
        report_.error(node->at, field.subject().text() + ": the type " + in_quotes(node->text) +
                                    " needs schema_version " + std::to_string(later) + ", this file is of version " +
                                    std::to_string(version));
        return std::nullopt;
      }
    }
    return read_type(field, types_of(version));
  }

  void misplaced(const Fields& field, std::string_view key, Type type) {
    report_.warn(field.find(key)->at,
                 field.subject().text() + ": '" + std::string(key) + "' says nothing about the type " + type.name());
  }

  const Fields top_;
  Report& report_;
  Tool tool_;
  std::unordered_map<std::string, Position> names_;
};

}  // namespace

std::optional<Tool> read_kliko(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto root = read_yaml(document.text, YamlVersion::V11, report);
  if (!root) return std::nullopt;
  auto tool = KlikoReader(root->root(), report).read();
  if (!report.ok()) return std::nullopt;
  return tool;
}

}  // namespace boxcar
