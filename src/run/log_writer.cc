#include "run/log_writer.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "base/text.h"
#include "store/layout.h"

namespace boxcar {
namespace {

constexpr std::size_t kBufferLimit = 256 << 10;

// Most output is plain ASCII, eight bytes of which are looked at together.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highs = 0x8080808080808080;
  const auto has_zero = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    const std::uint64_t control = (word - ones * 0x20) & ~word & highs;  // a byte below 0x20
    if ((word & highs) | control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\')) return false;
  }
  return std::all_of(text.begin() + at, text.end(), [](char c) { return c >= 0x20 && c != '"' && c != '\\'; });
}

// How much of `text` can be cut off without tearing a character.
std::size_t whole_characters(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back < text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;  // in the midst of one
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace

Result<LogWriter> LogWriter::open(const std::string& log_directory, OnLine on_line, std::uint64_t cap,
                                  const Redactor* redactor) {
  CHECK_OK(make_directories(log_directory));
  std::string path = join_path(log_directory, kLogFile);
  TRY(UniqueFd file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644));
  return LogWriter(std::move(file), std::move(path), std::move(on_line), cap, redactor);
}

LogWriter::LogWriter(UniqueFd file, std::string path, OnLine on_line, std::uint64_t cap, const Redactor* redactor)
    : file_(std::move(file)), path_(std::move(path)), on_line_(std::move(on_line)), cap_(cap) {
  for (int stream = 0; redactor != nullptr && stream < 2; ++stream) redacted_.emplace_back(*redactor);
}

void LogWriter::write(Stream stream, std::string_view bytes) {
  if (full_) {
    dropped_ += bytes.size();
    return;
  }
  time_.clear();
  add(stream, redacted_.empty() ? bytes : redacted_[static_cast<int>(stream)].feed(bytes));
  flush();
}

void LogWriter::add(Stream stream, std::string_view bytes) {
  std::string& begun = lines_[static_cast<int>(stream)].begun;
  while (!bytes.empty()) {
    if (full_) {
      dropped_ += bytes.size();
      return;
    }
    const std::size_t room = kLongestPart - begun.size();
    const std::size_t end = bytes.substr(0, room + 1).find('\n');
    if (end != std::string_view::npos) {
      if (begun.empty()) {
        take(stream, bytes.substr(0, end), false);
      } else {
        begun.append(bytes.substr(0, end));
        take(stream, begun, false);
        begun.clear();
      }
      bytes.remove_prefix(end + 1);
    } else if (bytes.size() <= room) {
      begun.append(bytes);
      return;
    } else {
      begun.append(bytes.substr(0, room));
      bytes.remove_prefix(room);
      const std::size_t length = whole_characters(begun);
      take(stream, std::string_view(begun).substr(0, length), true);
      begun.erase(0, length);
    }
  }
}

void LogWriter::take(Stream stream, std::string_view line, bool part) {
  if (!part && line.ends_with('\r')) line.remove_suffix(1);
  append(stream, line, part ? ",\"part\":true" : "");
  bool& shown = lines_[static_cast<int>(stream)].shown;
  if (on_line_ && !shown && !full_) {
    const std::string_view start = line.substr(0, kLongestShown);
    on_line_(stream, start.size() == line.size() ? start : start.substr(0, whole_characters(start)));
  }
  shown = part;
}

void LogWriter::append(Stream stream, std::string_view line, std::string_view mark) {
  if (full_) {
    dropped_ += line.size() + 1;
    return;
  }
  const std::size_t before = buffer_.size();
  if (time_.empty()) time_ = iso_time(now_micros());
  buffer_ += R"({"time":")";
  buffer_ += time_;
  buffer_ += stream == Stream::Out ? R"(","stream":"stdout","line":)" : R"(","stream":"stderr","line":)";
  if (is_plain(line)) {
    buffer_ += '"';
    buffer_ += line;
    buffer_ += '"';
  } else {
    buffer_ += json_quote(line);
  }
  buffer_ += mark;
  buffer_ += "}\n";
  if (const std::uint64_t entry = buffer_.size() - before; size_ + entry <= cap_) {
    size_ += entry;
  } else {
    buffer_.resize(before);
    full_ = true;
    dropped_ += line.size() + 1;
    const std::string note =
        fmt::format("the log is full at {}: what else the step prints is dropped", human_bytes(cap_));
    buffer_ +=
        fmt::format("{{\"time\":\"{}\",\"stream\":\"stderr\",\"line\":{},\"note\":true}}\n", time_, json_quote(note));
    if (on_line_) on_line_(Stream::Err, note);
  }
  if (buffer_.size() >= kBufferLimit) flush();
}

void LogWriter::flush() {
  if (!buffer_.empty() && !error_) {
    if (auto written = write_all(file_.get(), buffer_); !written)
      error_ = std::move(written).error().in("writing " + path_);
  }
  buffer_.clear();
}

Result<void> LogWriter::close() {
  time_.clear();
  for (const Stream stream : {Stream::Out, Stream::Err}) {
    if (!redacted_.empty()) add(stream, redacted_[static_cast<int>(stream)].finish());
    std::string& begun = lines_[static_cast<int>(stream)].begun;
    if (!begun.empty()) take(stream, begun, false);
    begun.clear();
  }
  flush();
  file_.reset();
  if (error_) return fail(*error_);
  return {};
}

}  // namespace boxcar
