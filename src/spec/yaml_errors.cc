#include "spec/yaml_errors.h"

#include "base/text.h"

namespace boxcar {

namespace {

struct Row {
  std::string_view problem;
  bool at_context;           // the finding belongs where the construct began
  std::string_view message;  // "@" stands for the line where the construct began
};

constexpr Row kRows[] = {
    {"mapping values are not allowed in this context", false,
     "a key and ':' can't stand here: check the indentation, and put text that holds ': ' in quotes"},
    {"did not find expected key", false,
     "expected a key with the indentation of the mapping that began in line @ (is a quote or a line's indentation "
     "wrong?)"},
    {"did not find expected '-' indicator", false,
     "expected '- ', as before the other items of the list that began in line @"},
    {"did not find expected ',' or '}'", false, "expected ',' or '}' in the mapping that began in line @"},
    {"did not find expected ',' or ']'", false, "expected ',' or ']' in the list that began in line @"},
    {"could not find expected ':'", true, "expected ': ' after this key, on the same line"},
    {"found unexpected end of stream", true, "the quoted text that begins here never ends"},
    {"found unexpected document indicator", true, "the quoted text that begins here never ends"},
    {"found unknown escape character", false,
     "no such escape in double quotes; write \\\\ for a backslash, or use single quotes"},
    {"block sequence entries are not allowed in this context", false,
     "a list item ('- ') can't stand here; it begins a line of its own"},
    {"block mapping entries are not allowed in this context", false,
     "a mapping can't begin here; it begins a line of its own"},
    {"mapping keys are not allowed in this context", false,
     "a key ('? ') can't stand here; it begins a line of its own"},
    {"did not find expected <document start>", false,
     "expected the end of the document: nothing may follow its one value"},
    {"did not find expected alphabetic or numeric character", false,
     "expected a name right after '&' or '*'; put text that begins with one in quotes"},
    {"did not find expected node content", false, "expected a value here"},
    {"found a tab character that violates indentation", false, "a tab can't indent YAML; use spaces"},
    {"found a tab character where an indentation space is expected", false, "a tab can't indent YAML; use spaces"},
    {"found undefined tag handle", false, "a tag that is not defined; put text that begins with '!' in quotes"},
    {"found incompatible YAML document", false, "a YAML version that is not supported, expected 1.1 or 1.2"},
    {"did not find expected hexdecimal number", false, "expected hexadecimal digits in this escape"},
    {"found invalid Unicode character escape code", false, "this escape stands for no character"},
};

constexpr std::string_view kNoToken = "found character that cannot start any token";

}  // namespace

YamlMessage explain(const YamlProblem& problem) {
  if (problem.problem == kNoToken) {
    if (problem.found == '\t') return {problem.at, "a tab can't indent YAML; use spaces"};
    return {problem.at, "a value can't begin with " + in_quotes({&problem.found, 1}) + "; put it in quotes"};
  }
  for (const auto& row : kRows) {
    if (row.problem != problem.problem) continue;
    std::string text(row.message);
    if (const auto at = text.find('@'); at != std::string::npos) {
      text.replace(at, 1, std::to_string(problem.context_at.line));
    }
    return {row.at_context && problem.context_at.line != 0 ? problem.context_at : problem.at, text};
  }
  return {problem.at, "this is not YAML: " + std::string(problem.problem) +
                          (problem.context.empty() ? "" : " " + std::string(problem.context))};
}

}  // namespace boxcar
