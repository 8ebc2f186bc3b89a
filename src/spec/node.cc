#include "spec/node.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"

namespace boxcar {

namespace {

// The length of the valid UTF-8 sequence at the start of `text`, or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  std::uint32_t code = length == 1 ? first : first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) ? 0 : length;
}

// Where the first byte stands that is not UTF-8 text, or npos.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    std::uint64_t eight = 0;
    if (at + sizeof eight <= text.size()) std::memcpy(&eight, text.data() + at, sizeof eight);
    // Eight bytes of ASCII without a NUL, the usual case, in one step.
    if ((eight & 0x8080808080808080) == 0 && eight != 0 &&
        ((eight - 0x0101010101010101) & ~eight & 0x8080808080808080) == 0) {
      at += sizeof eight;
      continue;
    }
    const auto length = text[at] == '\0' ? 0 : sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace

std::size_t Pairs::count() const {
  std::size_t n = 0;
  for (auto at = begin(); at != end(); ++at) ++n;
  return n;
}

const Node* Pairs::find(std::string_view key) const {
  for (const auto& pair : *this) {
    if (pair.key.text == key) return &pair.value;
  }
  return nullptr;
}

Node& Tree::add(Node::Kind kind, Position at) {
  if (size_ == nodes_.size()) nodes_.emplace_back();
  Node& node = nodes_[size_++];
  node.kind = kind;
  node.span = 1;
  node.at = at;
  node.text.clear();
  return node;
}

void Tree::add_copy(const Node& node) {
  for (const Node* each = &node; each != node.next(); ++each) {
    auto& copy = add(each->kind, each->at);
    copy = *each;
  }
}

Value Node::scalar() const {
  switch (kind) {
    case Kind::Bool:
      return Value(boolean);
    case Kind::Int:
      return Value(integer);
    case Kind::Float:
      return Value(real);
    case Kind::String:
    case Kind::Merge:
      return Value(text);
    default:
      return Value();
  }
}

std::string Node::described() const {
  if (is_mapping()) return "a mapping";
  if (is_sequence()) return "a list";
  if (kind == Kind::Null) return "nothing";
  return scalar().described();
}

void check_duplicate_keys(const Node& mapping, Report& report) {
  constexpr std::size_t few = 8;
  std::array<const Node*, few> small;
  std::vector<const Node*> large;
  std::size_t n = 0;
  const auto repeated = [&](const Node& first, const Node& again) {
    report.error(again.at, "the key " + in_quotes(again.text) + " stands twice, first in line " +
                               std::to_string(first.at.line) + "; keep one of them");
  };
  for (const auto& [key, value] : Pairs(mapping)) {
    if (n++ < few) small[n - 1] = &key;
  }
  if (n <= few) {
    for (std::size_t i = 1; i < n; ++i) {
      const auto end = small.begin() + static_cast<std::ptrdiff_t>(i);
      const auto first = std::find_if(small.begin(), end, [&](const Node* key) { return key->text == small[i]->text; });
      if (first != end) repeated(**first, *small[i]);
    }
    return;
  }
  for (const auto& [key, value] : Pairs(mapping)) large.push_back(&key);
  std::stable_sort(large.begin(), large.end(), [](const Node* a, const Node* b) { return a->text < b->text; });
  for (std::size_t i = 1; i < large.size(); ++i) {
    if (large[i - 1]->text == large[i]->text) repeated(*large[i - 1], *large[i]);
  }
}

bool check_text(std::string_view& text, Report& report) {
  if (text.size() > kMaxDocument) {
    report.error({1, 1}, "the document has " + std::to_string(text.size()) + " bytes, more than 16 MiB");
    return false;
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    report.error({1, 1}, "the text is UTF-16, expected UTF-8");
    return false;
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto bad = first_bad_byte(text);
  if (bad == std::string_view::npos) return true;
  report.error(position_of(text, bad), text[bad] == '\0'
                                           ? "a NUL byte: this is no text file"
                                           : "bytes that are not UTF-8 text: " + in_quotes(text.substr(bad, 1)));
  return false;
}

Position position_of(std::string_view text, std::size_t offset) {
  Position at{1, 1};
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    const bool in_crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (text[i] == '\n' || (text[i] == '\r' && !in_crlf)) {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

}  // namespace boxcar
