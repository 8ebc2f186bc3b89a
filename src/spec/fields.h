// Typed reading of nodes, shared by every format. What is wrong is reported where it stands, and reading goes on.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "spec/node.h"

namespace boxcar {

// What a finding talks about: "field 'tel'", "step 'predict'". Made into text only when there is something to say.
struct Subject {
  std::string_view noun;
  std::string_view name = {};

  std::string text() const { return name.empty() ? std::string(noun) : std::string(noun) + " " + in_quotes(name); }
};

// "'a', 'b' or 'c'"
std::string alternatives(std::span<const std::string_view> words);

// What a key that is not known is: most formats refuse it, one passes it over.
enum class Unknown : bool { Refused, PassedOver };

// A mapping with known keys. A key without a value (null) counts as absent. The node and the subject must outlive it.
class Fields {
 public:
  // Reports a node that is no mapping, and every key that is not in `keys`, as a warning where those are passed over.
  Fields(const Node& node, Subject subject, std::span<const std::string_view> keys, Report& report,
         Unknown unknown = Unknown::Refused);

  bool is_mapping() const { return node_.is_mapping(); }
  Position at() const { return node_.at; }
  const Subject& subject() const { return subject_; }

  const Node* find(std::string_view key) const;
  const Node* need(std::string_view key) const;  // reports its absence

  // None, with a finding, when the value has another type; none without one when it is absent.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most) const;
  std::optional<bool> boolean(std::string_view key) const;
  std::optional<Seconds> duration(std::string_view key) const;
  // The index of the word in `words`.
  std::optional<std::size_t> word(std::string_view key, std::span<const std::string_view> words) const;
  // A mapping or list; null when absent or something else.
  const Node* mapping(std::string_view key) const;
  const Node* sequence(std::string_view key) const;

  // "step 'a', 'image': expected a string, found the int 3"
  void expected(std::string_view key, const Node& value, std::string_view what, std::string_view hint = {}) const;
  // Whether a program can get the word whole, else a finding.
  bool is_argument(std::string_view key, const Node& word) const;

 private:
  const Node& node_;
  const Subject subject_;
  Report& report_;
  std::vector<std::string> misspelled_;  // known keys that unknown ones were taken for: not reported as missing again
};

// A scalar, or a list of values. None, with a finding, for a mapping.
std::optional<Value> value_of(const Node& node, const Subject& subject, Report& report);

}  // namespace boxcar
