// A light tree of what a YAML or JSON document says, with the place of everything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "model/value.h"
#include "spec/report.h"

namespace boxcar {

// The nodes of a tree lie in one array in the order of the document, each before what is below it: `span` of them in
// all. So a node finds its children by itself, and a tree that is filled again and again allocates nothing. Only a
// scalar may be copied out of its tree.
struct Node {
  // Merge is YAML 1.1's plain key "<<", which no finished mapping holds.
  enum class Kind : std::uint8_t { Null, Bool, Int, Float, String, Merge, Sequence, Mapping };

  Kind kind = Kind::Null;
  bool fits = true;  // else a number that 64 bits can't hold, and that is reported as such
  std::uint32_t span = 1;
  Position at;
  union {
    bool boolean;
    std::int64_t integer = 0;
    double real;
  };
  std::string text;  // of a scalar, as written (quotes and escapes undone)

  bool is_scalar() const { return kind < Kind::Sequence; }
  bool is_mapping() const { return kind == Kind::Mapping; }
  bool is_sequence() const { return kind == Kind::Sequence; }
  const Node* next() const { return this + span; }  // the one after it and all below it

  Value scalar() const;           // null for what is none
  std::string described() const;  // "a mapping", `the string "x"`
};

// for (const Node& item : Items(sequence))
class Items {
 public:
  struct Iterator {
    const Node* node;
    const Node& operator*() const { return *node; }
    void operator++() { node = node->next(); }
    bool operator!=(const Iterator& other) const { return node != other.node; }
  };
  explicit Items(const Node& node) : node_(node) {}
  Iterator begin() const { return {&node_ + 1}; }
  Iterator end() const { return {node_.next()}; }
  bool empty() const { return node_.span == 1; }

 private:
  const Node& node_;
};

// for (const auto& [key, value] : Pairs(mapping)). Keys are scalars.
struct Pair {
  const Node& key;
  const Node& value;
};

class Pairs {
 public:
  struct Iterator {
    const Node* node;
    Pair operator*() const { return {*node, *node->next()}; }
    void operator++() { node = node->next()->next(); }
    bool operator!=(const Iterator& other) const { return node != other.node; }
  };
  explicit Pairs(const Node& node) : node_(node) {}
  Iterator begin() const { return {&node_ + 1}; }
  Iterator end() const { return {node_.next()}; }
  bool empty() const { return node_.span == 1; }
  std::size_t count() const;
  const Node* find(std::string_view key) const;  // by the key's text; null when there is none

 private:
  const Node& node_;
};

class Tree {
 public:
  const Node& root() const { return nodes_.front(); }  // once something was added
  Node& operator[](std::size_t index) { return nodes_[index]; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }  // keeps the memory
  void truncate(std::size_t size) { size_ = size; }
  Node& add(Node::Kind kind, Position at);  // what [] and root() gave becomes invalid
  void add_copy(const Node& node);          // of another tree, with all below it
  void close(std::size_t index) { nodes_[index].span = static_cast<std::uint32_t>(size_ - index); }

 private:
  std::vector<Node> nodes_;
  std::size_t size_ = 0;  // nodes behind are left from earlier use
};

// Limits on every document (spec/reader.h).
inline constexpr std::size_t kMaxDocument = std::size_t{16} << 20;
inline constexpr std::size_t kMaxScalar = std::size_t{1} << 20;
inline constexpr unsigned kMaxDepth = 64;
inline constexpr std::size_t kMaxNodes = 1'000'000;  // of one tree: a whole kliko.yml, one step of a workflow
inline constexpr std::size_t kMaxExpandedNodes = 100'000;

// Reports keys that stand twice in a mapping.
void check_duplicate_keys(const Node& mapping, Report& report);

// Checks what holds for every text, before any parser sees it: size, UTF-8, no NUL. False with a finding.
// `text` loses its byte order mark.
bool check_text(std::string_view& text, Report& report);
Position position_of(std::string_view text, std::size_t offset);

}  // namespace boxcar
