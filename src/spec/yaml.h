// YAML, read through libyaml's events: as one tree, or key by key so that a large document never stands in memory
// whole.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "spec/node.h"
#include "spec/scalar.h"

namespace boxcar {

// Reads one document in order. Every call answers false once there is nothing more to read: at the end of a mapping, or
// after a finding that ends reading (a syntax error, a limit); failed() tells which. Not thread-safe.
//
//   YamlStream yaml(text, YamlVersion::V12, report);
//   if (yaml.open() && yaml.enter_mapping()) {
//     while (const Node* key = yaml.next_key()) yaml.read(value);
//   }
//   yaml.close();
class YamlStream {
 public:
  YamlStream(std::string_view text, YamlVersion version, Report& report);  // `text` stays the caller's
  ~YamlStream();
  YamlStream(const YamlStream&) = delete;
  YamlStream& operator=(const YamlStream&) = delete;

  bool open();                // up to the root node
  Position position() const;  // of the next node
  // Into the mapping that comes next. False, with nothing read, when it is none, or one with an anchor: that has to be
  // read whole.
  bool enter_mapping();
  // The next key of the mapping entered last; at its end that mapping is left. Whether a key stands twice is the
  // caller's to check. The key lives until the next call.
  const Node* next_key();
  bool read(Tree& tree);  // the next node with all below it; what the tree held is gone
  bool skip();            // the same, without looking at it
  bool close();           // nothing may follow the root node
  bool failed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole document as a tree. None with a finding.
std::optional<Tree> read_yaml(std::string_view text, YamlVersion version, Report& report);

}  // namespace boxcar
