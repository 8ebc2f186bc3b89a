#include <array>

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

constexpr std::array<Sign, 5> kSigns = {{{"schema_version", Format::Kliko},
                                         {"io", Format::Kliko},
                                         {"sections", Format::Kliko},
                                         {"workflow", Format::Workflow},
                                         {"steps", Format::Workflow}}};

bool is_flat(const Node& node, bool in_list = false) {
  if (node.is_sequence() && !in_list) {
    for (const auto& item : Items(node)) {
      if (!is_flat(item, true)) return false;
    }
    return true;
  }
  return node.is_scalar();
}

// A JSON object of nothing but values and lists of values.
bool is_parameters(const Document& document) {
  if (!looks_like_json(document.text)) return false;
  Findings unheard;
  Report report(document.name, unheard);
  const auto tree = read_json(document.text, report);
  if (!tree || !tree->root().is_mapping() || !report.ok()) return false;
  for (const auto& [key, value] : Pairs(tree->root())) {
    if (!is_flat(value)) return false;
  }
  return true;
}

// Why a document is of no format: it can't be read at all, or says nothing known.
void explain_unknown(const Document& document, Findings& findings) {
  Report report(document.name, findings);
  const auto tree = looks_like_json(document.text) ? read_json(document.text, report)
                                                   : read_yaml(document.text, YamlVersion::V12, report);
  if (!tree || !report.ok()) return;
  report.error(tree->root().at,
               "this is none of the formats that boxcar reads: a workflow has the keys 'workflow' and 'steps', a "
               "kliko.yml 'schema_version', 'io' and 'sections'");
}

}  // namespace

const std::vector<FormatRow>& formats() {
  static const std::vector<FormatRow> rows = {
      {Format::Kliko, "kliko", "/kliko.yml", "a tool as Kliko declares it, schema versions 2 to 4", read_kliko},
      {Format::KlikoParameters, "kliko-parameters", "", "the values of a Kliko tool's parameters (parameters.json)"},
      {Format::Workflow, "workflow", "", "a workflow in boxcar's own notation (boxcar.yml)"},
  };
  return rows;
}

Format detect_format(const Document& document) {
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
  return is_parameters(document) ? Format::KlikoParameters : Format::Unknown;
}

std::optional<Tool> read_tool(const Document& document, Findings& findings) {
  const auto format = detect_format(document);
  for (const auto& row : formats()) {
    if (row.format != format) continue;
    if (row.read_tool != nullptr) return row.read_tool(document, findings);
    findings.error(document.name, {}, "this declares no tool: it is " + std::string(row.description));
    return std::nullopt;
  }
  explain_unknown(document, findings);
  return std::nullopt;
}

Format validate_document(const Document& document, Findings& findings) {
  const auto format = detect_format(document);
  switch (format) {
    case Format::Kliko:
      read_kliko(document, findings);
      break;
    case Format::Workflow:
      read_workflow(document, "/", findings);
      break;
    case Format::KlikoParameters:  // without its tool there is nothing more to check
      break;
    case Format::Unknown:
      explain_unknown(document, findings);
      break;
  }
  findings.sort();
  return format;
}

}  // namespace boxcar
