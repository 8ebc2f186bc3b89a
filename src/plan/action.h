// An action: exactly what an engine is to run. Immutable and hashable; it knows no format.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/sha256.h"
#include "model/image.h"
#include "model/workflow.h"

namespace boxcar {

struct ActionInput {
  std::string port;  // a `file` parameter feeds a port of its own name; item a.txt of the list `reads` is "reads/a.txt"
  PortKind kind = PortKind::Directory;
  std::string path;  // in the container; never ends in "/"
  bool required = true;
  Digest content;  // of the tree or file (base/tree_digest.h); zero: nothing feeds it
  std::string
      source;  // absolute, on the host. Not part of the key. Empty: nothing feeds it, an empty directory is mounted
};

struct ActionOutput {
  std::string port;
  PortKind kind = PortKind::Directory;
  std::string path;  // in the container; of a file, its directory is what is mounted
  bool required = true;
  std::string works_on;  // the input port it starts as a writable view of, or ""
  // A host directory that is mounted itself, so that no result is left. Which one is not in the key.
  std::string direct = {};
};

struct Action {
  // In the key.
  std::shared_ptr<const Image> image;  // identity and platform
  std::vector<std::string> argv;
  std::vector<std::string> env;  // all of it, "NAME=value", sorted by name
  std::string user;              // as in Image::user
  std::string working_dir;       // never empty
  bool network = true;
  bool gpu = false;
  std::vector<std::string> secrets;   // names, sorted
  std::string parameters;             // canonical JSON object (docs/cache-key.md), "" when the tool reads none
  std::string parameters_path;        // in the container, "" when the tool reads none
  std::vector<ActionInput> inputs;    // sorted by port, then path. An optional file that nothing feeds is left out
  std::vector<ActionOutput> outputs;  // sorted by port

  // Not in the key.
  std::string step;  // for names and messages
  Needs needs;
  std::vector<Variable> labels;  // of the container, where the engine has any
  std::optional<Seconds> timeout;
};

using Key = Digest;

// The fields of the key in their order, as docs/cache-key.md fixes them: a name ("env.PATH", "input.ms.content") and
// what stands in the key for it.
struct KeyField {
  std::string name;
  std::string value;
};

Key action_key(const Action& action);
std::vector<KeyField> key_fields(const Action& action);

// For --explain: the first field in which the two differ, as a sentence part: `parameter tel: was "meerkat", is
// "kat-7"`.
// "" when they are the same.
std::string first_difference(const std::vector<KeyField>& before, const std::vector<KeyField>& now);

}  // namespace boxcar
