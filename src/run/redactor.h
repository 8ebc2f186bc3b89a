// Keeps the values of secrets out of what a step prints and of messages about it: each becomes "***".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/secrets.h"

namespace boxcar {

// Looks for all forms of all values at once (Aho and Corasick's automaton), in time linear in the text. A form is the
// value itself, without blanks around it too; of one with several lines each line; as text in JSON; in base64, wherever
// in the coded text it begins. Immutable once made.
class Redactor {
 public:
  static constexpr std::size_t kShortest = 4;      // bytes: a shorter value would blot out half the log
  static constexpr std::size_t kShortestPart = 8;  // of a line among several, and of base64

  explicit Redactor(const Secrets& secrets);
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  std::string redacted(std::string_view text) const;

  // A text that comes in pieces, torn anywhere.
  class Stream {
   public:
    explicit Stream(const Redactor& redactor) : redactor_(&redactor) {}
    Stream(Stream&&) = default;
    Stream& operator=(Stream&&) = default;
    ~Stream() { wipe(held_); }

    // What is certain by now, valid until the next call. Held back is only what may be the beginning of a value.
    std::string_view feed(std::string_view bytes);
    // The rest. The beginning of a value at the very end, kShortest bytes of it or more, becomes "***" as well.
    std::string_view finish();

   private:
    struct Cover {  // bytes of held_ that belong to values
      std::size_t begin, end;
      bool said;  // its "***" was given already
    };
    void cover(std::size_t begin, std::size_t end);
    std::string_view give(std::size_t end);

    const Redactor* redactor_;
    std::uint32_t state_ = 0;
    std::string held_;
    std::vector<Cover> covers_;  // in order, apart
    std::string given_;
  };

 private:
  // Of the trie of all forms. 0 is the root, and as a child or sibling means none.
  struct Node {
    std::uint32_t child = 0, sibling = 0;
    std::uint32_t suffix = 0;   // the longest proper suffix of it that is a node too
    std::uint32_t depth = 0;    // how many bytes lead here
    std::uint32_t longest = 0;  // form that ends here, in bytes
    char byte = 0;
  };

  void add_forms(std::string_view value);
  void add(std::string_view form);
  std::uint32_t child(std::uint32_t node, char byte) const;
  std::uint32_t next(std::uint32_t node, char byte) const;
  void link();

  std::vector<Node> nodes_;
  std::array<std::uint32_t, 256> first_{};  // by byte: the root's children
};

}  // namespace boxcar
