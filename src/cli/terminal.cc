#include "cli/terminal.h"

#include <fmt/format.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>

#include "base/environment.h"
#include "base/fd.h"
#include "base/text.h"

namespace boxcar {
namespace {

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

// The C library knows how wide characters are, in a UTF-8 locale; the thread's own stays what it is.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(locale())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;  // null: uselocale() changes nothing, and every byte counts as a column
  }
  const locale_t before_;
};

struct Cut {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

// The longest beginning of `text` that takes at most `columns`.
Cut beginning(std::string_view text, std::size_t columns) {
  Cut cut;
  while (cut.bytes < text.size() && static_cast<unsigned char>(text[cut.bytes]) < 0x80) {
    if (cut.columns == columns) return cut;
    ++cut.bytes;
    ++cut.columns;
  }
  if (cut.bytes == text.size()) return cut;
  const Utf8Locale utf8;
  mbstate_t state{};
  while (cut.bytes < text.size()) {
    wchar_t character = 0;
    std::size_t length = mbrtowc(&character, text.data() + cut.bytes, text.size() - cut.bytes, &state);
    std::size_t width = 1;
    if (length == 0 || length > text.size()) {
      length = 1;
      state = {};
    } else if (const int known = wcwidth(character); known >= 0) {
      width = static_cast<std::size_t>(known);
    }
    if (cut.columns + width > columns) return cut;
    cut.bytes += length;
    cut.columns += width;
  }
  return cut;
}

// Where the escape sequence that begins at `at` ends.
std::size_t end_of_sequence(std::string_view text, std::size_t at) {
  if (++at >= text.size()) return at;
  const char kind = text[at++];
  if (kind == '[') {  // up to its final byte
    while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7e)) ++at;
    return std::min(at + 1, text.size());
  }
  if (kind == ']' || kind == 'P' || kind == '^' || kind == '_') {  // a string, up to BEL or ESC \ alone
    while (at < text.size() && text[at] != '\a' && text[at] != '\x1b') ++at;
    if (at < text.size() && text[at] == '\x1b') ++at;
    return std::min(at + 1, text.size());
  }
  if (kind >= 0x20 && kind <= 0x2f) return std::min(at + 1, text.size());  // ESC ( B
  return at;
}

}  // namespace

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

Terminal Terminal::of(int fd) {
  Terminal terminal;
  terminal.fd = fd;
  const bool is_terminal = isatty(fd) == 1;
  const std::string kind = environment("TERM");
  terminal.live = is_terminal && !kind.empty() && kind != "dumb";
  terminal.colours = terminal.live && environment("NO_COLOR").empty();
  terminal.unicode = utf8_locale();
  return terminal;
}

Terminal::Size Terminal::size() const {
  Size size;
  winsize window{};
  if (ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0) {
    size.columns = window.ws_col;
    size.rows = window.ws_row;
  }
  return size;
}

std::string Terminal::styled(Style style, std::string_view text) const {
  if (!colours || style == Style::Plain || text.empty()) return std::string(text);
  constexpr const char* codes[] = {"", "1", "2", "31", "32", "33", "36"};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[static_cast<int>(style)], text);
}

std::size_t width_of(std::string_view text) {
  return beginning(text, ~std::size_t{0}).columns;
}

std::string visible(std::string_view line, std::size_t limit) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  if (const std::size_t overwritten = line.rfind('\r'); overwritten != std::string_view::npos) {
    line.remove_prefix(overwritten + 1);
  }
  std::string clean;
  clean.reserve(std::min(line.size(), limit));
  for (std::size_t at = 0; at < line.size() && clean.size() <= limit;) {
    if (line[at] == '\x1b') {
      at = end_of_sequence(line, at);
    } else {
      if (line[at] == '\t') {
        clean += "    ";
      } else {
        clean += line[at];
      }
      ++at;
    }
  }
  return printable(clean, limit);
}

Line& Line::add(std::string_view text, Style style) {
  if (left_ == 0) return *this;
  Cut cut = beginning(text, left_);
  std::string cut_text;
  if (cut.bytes < text.size()) {
    cut = beginning(text, left_ - 1);
    cut_text = std::string(text.substr(0, cut.bytes)) + (terminal_->unicode ? "…" : "~");
    text = cut_text;
    ++cut.columns;
  }
  text_ += terminal_->styled(style, text);
  width_ += cut.columns;
  left_ = cut_text.empty() ? left_ - cut.columns : 0;
  return *this;
}

Line& Line::column(std::string_view text, std::size_t width, Style style, bool right) {
  width = std::min(width, left_);
  Line cell(*terminal_, width);
  cell.add(text, style);
  const std::string padding(width - cell.width(), ' ');
  text_ += right ? padding + cell.text() : cell.text() + padding;
  width_ += width;
  left_ -= width;
  return *this;
}

std::string Screen::sequence(const std::vector<Line>& lines, bool stays, Terminal::Size size) {
  std::string out = "\x1b[?2026h";  // terminals that know it show the frame whole; others pass it over
  if (!hidden_ && !stays) out += "\x1b[?25l";
  hidden_ = hidden_ || !stays;
  // A terminal that became narrower has broken the lines that are too long for it now.
  std::size_t above = 0;
  for (const std::size_t width : drawn_) above += width <= size.columns ? 1 : (width + size.columns - 1) / size.columns;
  if (above > 1) out += fmt::format("\x1b[{}A", std::min(above, size.rows) - 1);
  drawn_.clear();
  out += '\r';
  for (const Line& line : lines) {
    if (!drawn_.empty()) out += "\r\n";
    out += "\x1b[K";
    out += line.text();
    drawn_.push_back(line.width());
  }
  out += stays && !lines.empty() ? "\r\n\x1b[J" : "\x1b[J";
  if (stays) drawn_.clear();
  return out + "\x1b[?2026l";
}

void Screen::draw(const std::vector<Line>& lines) {
  (void)write_all(terminal_.fd, sequence(lines, false, terminal_.size()));
}

void Screen::print(const std::vector<Line>& lines) {
  (void)write_all(terminal_.fd, sequence(lines, true, terminal_.size()));
}

void Screen::end() {
  std::string out;
  if (!drawn_.empty()) out += "\r\n";
  if (hidden_) out += "\x1b[?25h";
  drawn_.clear();
  hidden_ = false;
  if (!out.empty()) (void)write_all(terminal_.fd, out);
}

}  // namespace boxcar
