// A tool: what an image declares that it can do. The readers of every format yield this and nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/value.h"

namespace boxcar {

struct Choice {
  Value value;
  std::string label;
};

struct Parameter {
  std::string name;
  Type type;
  std::optional<Value> initial;            // the default; valid for the type
  bool required = false;                   // a value must be given, unless there is `initial`
  std::optional<std::int64_t> max_length;  // of a string, in characters
  std::vector<Choice> choices;
  std::string label;
  std::string help;
  std::string section;  // the heading it stands under in --help
  Position at;
};

enum class PortKind { Directory, File, Stream };
std::string_view name_of(PortKind kind);  // "directory", …

// Paths are absolute and inside the container. An input file's path that ends in "/" is a directory in which the file
// keeps its own name. The directory of an output file belongs to the output files there alone.
struct Port {
  std::string name;
  PortKind kind = PortKind::Directory;
  std::string path;
  bool optional = false;  // an input: may stay unfed (an empty directory is mounted then); an output: may be missing
  std::string works_on;   // an output only: the input it starts as a writable view of (Kliko's join)
  std::string help;
  Position at;
};

struct Resources {
  std::optional<double> cpu;            // cores
  std::optional<std::uint64_t> memory;  // bytes
  int gpus = 0;

  friend bool operator==(const Resources&, const Resources&) = default;
};

struct Section {  // of parameters, for people
  std::string name;
  std::string description;
};

struct Tool {
  std::string format;  // of the document that declares it: "kliko", "boxcar"
  std::string name;
  std::string description;
  std::string author;
  std::string email;
  std::string url;
  std::string container;
  std::string mode;  // the format's own word for how data goes through: Kliko's "split" or "join"
  int schema_version = 0;
  std::vector<Section> sections;
  std::vector<Parameter> parameters;  // those of a section stand together
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  // argv. "${inputs.x}", "${outputs.x}" and "${params.x}" stand for paths and values; see model/template.h.
  std::vector<std::string> command;
  std::string parameters_path;  // where all parameters lie as one JSON object; empty: nowhere
  std::string param_files_dir;  // where the files of `file` parameters lie, by parameter name

  const Parameter* parameter(std::string_view name) const;
  const Port* input(std::string_view name) const;
  const Port* output(std::string_view name) const;
  std::vector<std::string> parameter_names() const;
};

// Whether `value` may be given to `parameter`: type, choices, length. Strict: an int is a float, nothing else converts.
// null is valid for what is not required. The error says what was expected, and what was found.
Result<void> check_value(const Parameter& parameter, const Value& value);
// The value that the text of a command line's option stands for. For a list: the texts given.
Result<Value> parse_value(const Parameter& parameter, const std::vector<std::string>& texts);

}  // namespace boxcar
