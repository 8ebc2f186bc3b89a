// A workflow as its author wrote it: steps are tools with values, links feed outputs into inputs. Not yet checked
// against the images; the planner does that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/diagnostics.h"
#include "model/tool.h"

namespace boxcar {

// Feeds an output port, or a path within it, of another step: "step/port" or "step/port/path/within".
struct Link {
  std::string step;
  std::string port;
  std::string path;  // relative, may be empty
};

// A path of the host. Relative ones count from the folder of the workflow file.
struct HostPath {
  std::string path;
};

// A workflow input of type file or directory: "${inputs.sky}".
struct InputReference {
  std::string name;
};

using Source = std::variant<Link, HostPath, InputReference>;

// What stands on the right-hand side of `inputs:`. A host path starts with "/", "./", "../" or "~/"; "${inputs.x}"
// alone is a reference; anything else is a link.
Result<Source> parse_source(std::string_view text);
std::string text_of(const Source& source);

struct Binding {  // of an input port
  std::string port;
  Source source;
  Position at;
};

struct Argument {  // of a parameter. A string value may hold "${inputs.x}"; when it is nothing else, the type is kept.
  std::string name;
  Value value;
  Position at;
  bool unshown = false;  // as of a Variable
};

struct CachePolicy {
  bool enabled = true;
  std::optional<Seconds> max_age;
  bool direct = false;  // with enabled = false only: outputs are bound to the user's directory itself
};

struct Variable {
  std::string name;
  std::string value;
  Position at;
  bool unshown = false;  // it may be a secret, so that no message quotes it
};

// Where the value of a secret is found when a step starts. The value itself is never part of the model.
struct SecretReference {
  std::string name;  // the variable that the container gets
  std::string env;   // a variable of the host, or
  std::string file;  // a path on the host; absolute in a plan
  Position at;
};

// A value that stands in a document, or where it is found: `from` has a variable or a file then.
struct Credential {
  std::string value;
  SecretReference from;
};

// Who pulls a step's image from its registry. Kept nowhere, and in no record or message.
struct RegistryLogin {
  std::string registry;  // "host", "host:port", with "https://" before it maybe and a path behind
  Credential username;
  Credential password;
};

// What few steps say; kept apart so that a plain step stays small.
struct StepOptions {
  std::string template_name;
  Position template_at;
  std::vector<Variable> env;
  std::vector<SecretReference> secrets;
  std::vector<std::string> command;  // instead of the tool's; empty: that
  Position values_at;                // where what lacks a value could get one; nowhere: {}
  bool partial = false;   // what was wrong in params, inputs and env is not here, so that a gap there means nothing
  Position resources_at;  // where they are said; nowhere: {}
  Needs needs;            // field by field instead of the tool's
  std::vector<std::pair<std::string, ScaleRule>> scale;  // by input port, instead of the tool's
  double retry_memory = 1;                               // after it ran out of memory: how many times the limit
  std::optional<std::uint64_t> max_memory;               // bytes: the limit grows no further
  std::shared_ptr<const RegistryLogin> login;            // null: what the caller has of that registry
  std::vector<Variable> labels;                          // of the container, where the engine has any
  bool network = true;
  CachePolicy cache;
  int retries = 0;  // after a non-zero exit
  std::optional<Seconds> timeout;
  std::optional<Tool> tool;  // for an image that declares nothing
  std::vector<std::pair<std::string, Position>> after;
};

struct Step {
  std::string name;
  std::shared_ptr<const std::string> image;  // as written; steps of one image share it
  Position at;
  Position image_at;
  std::vector<Argument> params;
  std::vector<Binding> inputs;
  std::unique_ptr<StepOptions> options;  // none: all defaults

  const StepOptions& settings() const;  // the defaults when there are none
};

struct WorkflowInput {
  Parameter parameter;     // name, type, default (initial), help, choices
  bool directory = false;  // type: directory. The value is a host path, as with file
};

struct WorkflowOutput {
  std::string name;
  Link from;
  std::string to;  // a host path, empty: only named in the summary
  Position at;
};

struct Workflow {
  std::string name;
  std::string file;       // for messages; "" when built in code
  std::string directory;  // absolute; relative host paths count from here
  std::vector<WorkflowInput> inputs;
  std::vector<Step> steps;  // in the order of the document; names are unique
  std::vector<WorkflowOutput> outputs;
  std::string_view memory_key = "resources.memory";  // under which the document has a step's limit
  bool all_outputs = false;  // each output of each step has to stand among `outputs` (a task's channels have volumes)
};

// What the caller gave: --set NAME=VALUE and --set STEP.NAME=VALUE, or a configuration, as text. A list takes one for
// each item, or several at once; of anything else the last counts. Taken literally: nothing is expanded.
struct Setting {
  std::string name;  // "NAME" or "STEP.NAME"
  std::string value;
  std::string file = {};  // of a configuration, where it stands; "": --set
  Position at = {};
  std::optional<std::vector<std::string>> items = {};  // of a list that stands there in place of a value
};
using Settings = std::vector<Setting>;

}  // namespace boxcar
