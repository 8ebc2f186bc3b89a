// A tool: what an image declares that it can do. The readers of every format yield this and nothing else.
#pragma once

#include <memory>
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
  Scalar reads_as = Scalar::Str;  // of a string: what it must be the text of (an Int, a Float, a Bool)
  bool fixed = false;             // nobody may give another value than `initial`
  std::string label;
  std::string help;
  std::string section;  // the heading it stands under in --help
  Position at;
};

enum class PortKind { Directory, File, Stream };
std::string_view name_of(PortKind kind);  // "directory", …

// How a limit or a request of memory grows with what an input holds: bytes = factor x what `mode` measures of the
// regular files below `directory` whose name matches `glob` and whose path relative to `directory` matches `regex` in
// full.
struct ScaleRule {
  enum class Mode {
    Sum,          // of all of them
    LargestFile,  // the largest
    LargestItem,  // the largest sum over one of the port's direct subdirectories
  };
  std::uint64_t factor = 1;
  bool limit = true;  // else the request
  Mode mode = Mode::Sum;
  std::string directory;  // relative to the port; "": the port itself
  std::string regex = ".*";
  std::string glob = "*";
  Position at;
};

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
  std::shared_ptr<const ScaleRule> scale = {};  // of an input; null: none
};

struct Resources {
  static constexpr int kMostGpus = 1000;  // that anything may ask for, or have

  std::optional<double> cpu;            // cores
  std::optional<std::uint64_t> memory;  // bytes
  std::optional<int> gpus;

  Resources or_else(const Resources& other) const;  // field by field: what is not said here is as there
  friend bool operator==(const Resources&, const Resources&) = default;
};

// Of a container. Scale rules of its ports come on top.
struct Needs {
  Resources requests;  // it starts only where that much is free; of what is not said the limit counts (run/admission.h)
  Resources limits;    // it gets no more

  friend bool operator==(const Needs&, const Needs&) = default;
};

// What a runtime takes to start any container: below it fails in many ways, none of which says why.
inline constexpr std::uint64_t kLeastMemory = std::uint64_t{6} << 20;
// "a memory limit of 1Mi is too small to start a container in, at least 6Mi are needed"
std::string too_small_to_start(std::uint64_t memory);

// How many a container gets: a request of GPUs and a limit of them are one, as on Kubernetes.
int gpus_of(const Needs& needs);

// Of a resource ("cpu", "memory", "gpus") a request that is more than the limit, or of GPUs another number.
struct Conflict {
  std::string_view resource;
  std::string text;  // "requests 2Gi of memory, more than its limit of 1Gi"
};
std::vector<Conflict> conflicts(const Needs& needs);

struct Section {  // of parameters, for people
  std::string name;
  std::string description;
};

struct Tool {
  std::string format;  // of the document that declares it: "kliko", "kaapana", "boxcar"
  std::string name;
  std::string template_name;  // of an image with several tools, which one this is
  std::string description;
  std::string of_image;  // of an image with several tools, what it says of them all
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
  bool environment = false;     // every parameter is an environment variable, whose value is a text
  // `command` is what the image's entrypoint gets, as with `docker run IMAGE WORD…`, and stands for nothing but itself.
  bool keeps_entrypoint = false;
  Needs needs;

  const Parameter* parameter(std::string_view name) const;
  const Port* input(std::string_view name) const;
  const Port* output(std::string_view name) const;
  std::vector<std::string> parameter_names() const;
};

// Whether `value` may be given to `parameter`: type, choices, length. Strict: an int is a float, nothing else converts.
// null is valid for what is not required. The error says what was expected, and what was found.
Result<void> check_value(const Parameter& parameter, const Value& value);
// What it expects: "an int", "one of \"a\", \"b\"". Without what may be given only as it is.
std::string expected_of(const Parameter& parameter);
// The value that the text of a command line's option stands for. For a list: the texts given.
Result<Value> parse_value(const Parameter& parameter, const std::vector<std::string>& texts);

}  // namespace boxcar
