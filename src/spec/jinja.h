// What Kaapana's task.json files use of Jinja, before they are JSON: values, filters, comments, `if`, `for`, `set`,
// `raw` (https://jinja.palletsprojects.com/en/stable/templates/). No macros, includes or inheritance: a template ends,
// in time and memory that its text bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "spec/places.h"
#include "spec/reader.h"

namespace boxcar {

// A text that came out of a template, and from where each part of it did.
class Rendered {
 public:
  const std::string& text() const { return *text_; }
  // Of a place in text() the place in the template: exact in what was copied, else where the tag stands that wrote it.
  Position origin(Position place) const;
  bool copied(Position place) const;  // else a tag wrote what stands there
  // Whether something of the environment may be in the JSON string that begins at a place in text().
  bool holds_environment(Position string) const;

 private:
  friend class JinjaRenderer;
  struct Piece {
    std::size_t begin = 0;   // in text_
    std::size_t source = 0;  // in the template
    bool copied = false;
    bool environment = false;  // it may hold a variable's value
  };
  const Piece* piece_at(std::size_t offset) const;

  std::unique_ptr<std::string> source_ = std::make_unique<std::string>();  // both stay where they are
  std::unique_ptr<std::string> text_ = std::make_unique<std::string>();
  Places places_;
  Places source_places_;
  std::vector<Piece> pieces_;
};

// None, with findings: what can't be parsed (the first such place), every name that is undefined, every filter that
// gets what it can't take. Limits, each a finding: 16 MiB of text, 10,000 turns of loops in all, 256 MiB that values
// take together, 64 levels of nesting.
std::optional<Rendered> render_jinja(const Document& document, const JinjaVariables& variables, Findings& findings);

}  // namespace boxcar
