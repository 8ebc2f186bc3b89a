#include "spec/places.h"

#include <algorithm>

namespace boxcar {

namespace {
constexpr std::size_t kApart = 512;
}

void Places::advance(Mark& mark) const {
  const std::size_t i = mark.offset++;
  const bool in_crlf = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
  if (text_[i] == '\n' || (text_[i] == '\r' && !in_crlf)) {
    ++mark.at.line;
    mark.at.column = 1;
  } else if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) {
    ++mark.at.column;
  }
}

Places::Places(std::string_view text) : text_(text) {
  Mark mark{0, {1, 1}};
  marks_.push_back(mark);
  while (mark.offset < text_.size()) {
    advance(mark);
    if (mark.offset % kApart == 0) marks_.push_back(mark);
  }
}

Position Places::of(std::size_t offset) const {
  if (marks_.empty()) return {1, 1};
  offset = std::min(offset, text_.size());
  Mark mark = marks_[std::min(offset / kApart, marks_.size() - 1)];
  while (mark.offset < offset) advance(mark);
  return mark.at;
}

std::size_t Places::offset(Position at) const {
  if (marks_.empty()) return 0;
  // The last mark at or before it: within a character of several bytes the mark's place is already the next one's.
  auto after = std::lower_bound(marks_.begin(), marks_.end(), at,
                                [](const Mark& mark, const Position& wanted) { return mark.at < wanted; });
  Mark mark = after == marks_.begin() ? marks_.front() : *(after - 1);
  while (mark.offset < text_.size() && mark.at < at) advance(mark);
  while (mark.offset < text_.size() && (static_cast<unsigned char>(text_[mark.offset]) & 0xC0) == 0x80) ++mark.offset;
  return mark.offset;
}

}  // namespace boxcar
