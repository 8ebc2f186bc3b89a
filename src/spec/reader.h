// The readers of every format: text to model values, with all findings at once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// What a task.json may name between its braces.
struct JinjaVariables {
  std::function<std::optional<std::string>(const std::string& name)> env;  // `env.NAME`; none: undefined
  std::vector<std::pair<std::string, std::string>> custom;  // `custom.NAME`, in the order that a loop has them
};

// What a document may refer to beside itself.
struct Surroundings {
  std::string directory;  // absolute, of its file: relative paths of the host count from here
  JinjaVariables variables;
};

enum class Format { Unknown, Kliko, KlikoParameters, ProcessingContainer, Task, Workflow };

struct FormatRow {
  using ReadTools = std::vector<Tool> (*)(const Document& document, Findings& findings);  // empty: it is wrong
  Format format;
  std::string_view name;           // "kliko"
  std::string_view image_path;     // where an image keeps it, "" when it doesn't
  std::string_view description;    // for people
  ReadTools read_tools = nullptr;  // null: it declares no tool
};

// The one table of formats. A fifth format is a reader and a row.
const std::vector<FormatRow>& formats();
// By a key at the top that only one format has; where there is none by the file's usual name, then by what it resembles
// most, so that a slip in that key is found by its reader. Unknown when it is none of them, or can't be parsed.
Format detect_format(const Document& document);

// Limits on every document: 16 MiB of text, 64 levels of nesting (flow and block alike), 1 MiB a scalar, aliases
// expanded to at most 100,000 nodes. Beyond them: a finding.
std::optional<Tool> read_kliko(const Document& document, Findings& findings);
// processing-container.json of Kaapana's Task API: its templates. Empty: it is wrong.
std::vector<Tool> read_processing_container(const Document& document, Findings& findings);
// What can be said of them without a tool: that each is a value.
void check_parameters(const Document& document, Findings& findings);
// By the reader of its format. Empty, with a finding, when it is of a format that declares no tool.
std::vector<Tool> read_tools(const Document& document, Findings& findings);
// parameters.json (or YAML) for a tool: names, types, choices, required values. The defaults are merged in.
std::optional<std::vector<std::pair<std::string, Value>>> read_parameters(const Document& document, const Tool& tool,
                                                                          Findings& findings);
// `directory`: absolute, of the workflow file. Where `findings` has errors there is a workflow all the same if they are
// such that the rest can be planned, and so checked too: those of resources, retries and the like.
std::optional<Workflow> read_workflow(const Document& document, const std::string& directory, Findings& findings);

// task.json: a workflow of one step that has the task's name, made fit (task_step_name), and whose outputs are copied
// to the task's volumes; errors as above. Registry credentials that stand in it are part of it; nothing quotes them.
std::optional<Workflow> read_task(const Document& document, const Surroundings& around, Findings& findings);
// In lower case, letters, digits, '.' and '-', at most 62, as of a Pod. "": nothing is left of it.
std::string task_step_name(std::string_view name);

// Values of steps by their names, {STEP: {NAME: VALUE}}, each with its place. All of them also where
// `findings` has errors that are about the text alone.
std::optional<Settings> read_step_values(const Document& document, Findings& findings);

// Of any document: what it is, and what was read of it; nothing where its format is another, or reading failed.
struct Validated {
  Format format = Format::Unknown;
  std::vector<Tool> tools;
  std::optional<Workflow> workflow;
};
// What `boxcar validate` does with any file.
Validated validate_document(const Document& document, const Surroundings& around, Findings& findings);

}  // namespace boxcar
