#include <algorithm>
#include <array>

#include "base/fd.h"
#include "base/text.h"
#include "spec/json.h"
#include "spec/reader.h"
#include "spec/yaml.h"

namespace boxcar {

namespace {

// A key at the top that only one format has.
struct Sign {
  std::string_view key;
  Format format;
};

constexpr std::array<Sign, 7> kSigns = {{{"schema_version", Format::Kliko},
                                         {"io", Format::Kliko},
                                         {"sections", Format::Kliko},
                                         {"templates", Format::ProcessingContainer},
                                         {"taskTemplate", Format::Task},
                                         {"workflow", Format::Workflow},
                                         {"steps", Format::Workflow}}};

// What a file of each format is usually called.
struct UsualName {
  std::string_view name;
  Format format;
};

constexpr std::array<UsualName, 5> kUsualNames = {{{"kliko.yml", Format::Kliko},
                                                   {"processing-container.json", Format::ProcessingContainer},
                                                   {"task.json", Format::Task},
                                                   {"boxcar.yml", Format::Workflow},
                                                   {"parameters.json", Format::KlikoParameters}}};

constexpr std::size_t kShownKeys = 5;

std::optional<Tree> read_tree(const Document& document, Report& report) {
  return looks_like_json(document.text) ? read_json(document.text, report)
                                        : read_yaml(document.text, YamlVersion::V12, report);
}

bool is_flat(const Node& node, bool in_list = false) {
  if (node.is_sequence() && !in_list) {
    for (const auto& item : Items(node)) {
      if (!is_flat(item, true)) return false;
    }
    return true;
  }
  return node.is_scalar();
}

bool has_list(const Node& root, std::string_view key) {
  const auto* value = Pairs(root).find(key);
  return value != nullptr && value->is_sequence();
}

// The key of kSigns that a key is near to, "" where its value says that something else is meant: parameters have any
// name, but no mappings.
std::string meant_sign(const Node& key, const Node& value) {
  std::vector<std::string> signs;
  for (const auto& sign : kSigns) signs.emplace_back(sign.key);
  auto meant = nearest(key.text, signs);
  if ((meant == "workflow" || meant == "schema_version") && value.is_scalar()) return meant;
  if ((meant == "templates" || meant == "sections") && value.is_sequence()) return meant;
  if (meant == "steps" && value.is_mapping()) return meant;
  return meant == "taskTemplate" ? meant : "";
}

// What a document without any sign most likely is.
Format guess(const Node& root, bool json) {
  if (json && Pairs(root).find("image") != nullptr &&
      (has_list(root, "inputs") || has_list(root, "outputs") || has_list(root, "env"))) {
    return Format::Task;
  }
  bool flat = true;
  for (const auto& [key, value] : Pairs(root)) {
    const auto meant = meant_sign(key, value);
    if (meant == "taskTemplate" && json) return Format::Task;
    if (meant == "templates" && json && Pairs(root).find("description") != nullptr) return Format::ProcessingContainer;
    if (meant == "steps") return Format::Workflow;
    flat = flat && is_flat(value);
  }
  // An object of nothing but values and lists of values.
  return json && flat && !Pairs(root).empty() ? Format::KlikoParameters : Format::Unknown;
}

bool has_tags(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

bool begins_with_tag(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return false;
  text = text.substr(begin, 2);
  return text == "{%" || text == "{{" || text == "{#";
}

// Why a document is of no format: it can't be read at all, or says nothing known.
void explain_unknown(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto tree = read_tree(document, report);
  if (!tree || !report.ok()) return;
  std::string found;
  if (tree->root().is_mapping()) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : Pairs(tree->root())) {
      if (keys.size() == kShownKeys) {
        keys.emplace_back("…");
        break;
      }
      const auto meant = meant_sign(key, value);
      keys.push_back(in_quotes(key.text) + (meant.empty() ? "" : " (did you mean '" + meant + "'?)"));
    }
    found = keys.empty() ? "; here stands nothing" : "; here stands " + join(keys, ", ");
  } else {
    found = "; here stands " + tree->root().described();
  }
  report.error(tree->root().at,
               "this is none of the formats that boxcar reads: a workflow has the keys 'workflow' and 'steps', a "
               "kliko.yml 'schema_version', 'io' and 'sections', a processing-container.json 'templates', a task.json "
               "'taskTemplate', a parameters.json values and lists of values" +
                   found);
}

std::vector<Tool> kliko_tools(const Document& document, Findings& findings) {
  std::vector<Tool> tools;
  if (auto tool = read_kliko(document, findings)) tools.push_back(*std::move(tool));
  return tools;
}

}  // namespace

const std::vector<FormatRow>& formats() {
  static const std::vector<FormatRow> rows = {
      {Format::Kliko, "kliko", "/kliko.yml", "a tool as Kliko declares it, schema versions 2 to 4", kliko_tools},
      {Format::ProcessingContainer, "kaapana", "/processing-container.json",
       "a processing-container of Kaapana's Task API", read_processing_container},
      {Format::KlikoParameters, "kliko-parameters", "", "the values of a Kliko tool's parameters (parameters.json)"},
      {Format::Task, "kaapana-task", "", "a task of Kaapana's Task API (task.json)"},
      {Format::Workflow, "workflow", "", "a workflow in boxcar's own notation (boxcar.yml)"},
  };
  return rows;
}

Format detect_format(const Document& document) {
  if (begins_with_tag(document.text)) return Format::Task;
  Findings unheard;
  Report report(document.name, unheard);
  YamlStream yaml(document.text, YamlVersion::V12, report);
  if (yaml.open() && yaml.enter_mapping()) {
    while (const auto* key = yaml.next_key()) {
      for (const auto& sign : kSigns) {
        if (sign.key == key->text) return sign.format;
      }
      if (!yaml.skip()) break;
    }
  }
  // As a template it need be no document yet.
  if (document.text.find("\"taskTemplate\"") != std::string::npos) return Format::Task;
  const auto name = base_name(document.name);
  const auto* usual =
      std::find_if(kUsualNames.begin(), kUsualNames.end(), [&](const auto& each) { return each.name == name; });
  if (usual != kUsualNames.end()) return usual->format;
  Findings of_tree;
  Report of_syntax(document.name, of_tree);
  const auto tree = read_tree(document, of_syntax);
  const bool json = looks_like_json(document.text);
  if (!tree) return json && has_tags(document.text) ? Format::Task : Format::Unknown;
  return tree->root().is_mapping() ? guess(tree->root(), json) : Format::Unknown;
}

std::vector<Tool> read_tools(const Document& document, Findings& findings) {
  const auto format = detect_format(document);
  for (const auto& row : formats()) {
    if (row.format != format) continue;
    if (row.read_tools != nullptr) return row.read_tools(document, findings);
    findings.error(document.name, {}, "this declares no tool: it is " + std::string(row.description));
    return {};
  }
  explain_unknown(document, findings);
  return {};
}

Validated validate_document(const Document& document, const Surroundings& around, Findings& findings) {
  Validated validated{detect_format(document), {}, {}};
  switch (validated.format) {
    case Format::Kliko:
    case Format::ProcessingContainer:
      validated.tools = read_tools(document, findings);
      break;
    case Format::Workflow:
      validated.workflow = read_workflow(document, around.directory, findings);
      break;
    case Format::Task:
      validated.workflow = read_task(document, around, findings);
      break;
    case Format::KlikoParameters:
      check_parameters(document, findings);
      break;
    case Format::Unknown:
      explain_unknown(document, findings);
      break;
  }
  findings.sort();
  return validated;
}

}  // namespace boxcar
