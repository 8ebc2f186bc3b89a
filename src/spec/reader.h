// The readers of every format: text to model values, with all findings at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "model/tool.h"
#include "model/workflow.h"

namespace boxcar {

// A text and what to call it in findings.
struct Document {
  std::string name;  // a path, or "IMAGE:/kliko.yml"
  std::string text;
};

enum class Format { Unknown, Kliko, KlikoParameters, Workflow };

struct FormatRow {
  using ReadTool = std::optional<Tool> (*)(const Document& document, Findings& findings);
  Format format;
  std::string_view name;         // "kliko"
  std::string_view image_path;   // where an image keeps it, "" when it doesn't
  std::string_view description;  // for people
  ReadTool read_tool = nullptr;  // null: it declares no tool
};

// The one table of formats. A fifth format is a reader and a row.
const std::vector<FormatRow>& formats();
// By content, not by file name: top-level keys. Unknown when it is none of them, or can't be parsed.
Format detect_format(const Document& document);

// Limits on every document: 16 MiB of text, 64 levels of nesting (flow and block alike), 1 MiB a scalar, aliases
// expanded to at most 100,000 nodes. Beyond them: a finding.
std::optional<Tool> read_kliko(const Document& document, Findings& findings);
// By the reader of its format. None, with a finding, when it is of a format that declares no tool.
std::optional<Tool> read_tool(const Document& document, Findings& findings);
// parameters.json (or YAML) for a tool: names, types, choices, required values. The defaults are merged in.
std::optional<std::vector<std::pair<std::string, Value>>> read_parameters(const Document& document, const Tool& tool,
                                                                          Findings& findings);
// `directory`: absolute, of the workflow file.
std::optional<Workflow> read_workflow(const Document& document, const std::string& directory, Findings& findings);

// What `boxcar validate` does with any file: detects, reads, says what it is.
Format validate_document(const Document& document, Findings& findings);

}  // namespace boxcar
