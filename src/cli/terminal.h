// The terminal: what it can do, how wide text is on it, and a block of lines at its end that is drawn anew in place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

enum class Style { Plain, Bold, Dim, Red, Green, Yellow, Cyan };

struct Terminal {
  int fd = 2;
  bool live = false;     // a terminal on which lines can be drawn anew
  bool colours = false;  // a terminal, and NO_COLOR is not set
  bool unicode = false;  // the locale's characters are UTF-8

  static Terminal of(int fd);  // looks at the descriptor, TERM, NO_COLOR and the locale

  struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
  };
  Size size() const;  // as it is now
  std::string styled(Style style, std::string_view text) const;
};

// To stdout. What can't be written is noticed in the end, by main().
void print(std::string_view text);

// Columns that text without control characters takes: wide characters two, combining ones none.
std::size_t width_of(std::string_view text);
// What of a container's line is shown: the rest of what it overwrote with carriage returns, colours and other
// sequences taken out, and nothing left that could control a terminal.
std::string visible(std::string_view line, std::size_t limit = 4096);

// One line within a number of columns, put together from the left.
class Line {
 public:
  Line(const Terminal& terminal, std::size_t columns) : terminal_(&terminal), left_(columns) {}

  // Cut with "…" at the end of the line. `width`: at least and, cut, at most that many columns.
  Line& add(std::string_view text, Style style = Style::Plain);
  Line& column(std::string_view text, std::size_t width, Style style = Style::Plain, bool right = false);
  const std::string& text() const { return text_; }
  std::size_t width() const { return width_; }
  std::size_t left() const { return left_; }

 private:
  const Terminal* terminal_;
  std::string text_;
  std::size_t left_;
  std::size_t width_ = 0;
};

// Where nothing but these calls writes to the terminal. Hides the cursor from the first draw() to end().
class Screen {
 public:
  explicit Screen(const Terminal& terminal) : terminal_(terminal) {}
  ~Screen() { end(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void draw(const std::vector<Line>& lines);   // in place of what was drawn before
  void print(const std::vector<Line>& lines);  // in place of what was drawn before, and stays in the scrollback
  void end();                                  // the cursor is back, at the beginning of a line
  // What draw() and print() write.
  std::string sequence(const std::vector<Line>& lines, bool stays, Terminal::Size size);

 private:
  Terminal terminal_;
  std::vector<std::size_t> drawn_;  // the widths of the lines
  bool hidden_ = false;
};

}  // namespace boxcar
