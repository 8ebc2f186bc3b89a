// log.jsonl: what a step printed, one JSON object a line:
//   {"time":"2026-11-22T14:19:30.123456Z","stream":"stdout","line":"…"}
// Bytes that are not UTF-8 become U+FFFD. A line of more than 64 KiB is cut into parts, all but the last marked
// "part":true. Once the file has grown to its cap one entry marked "note":true says so, and the rest is dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "engine/engine.h"
#include "run/redactor.h"

namespace boxcar {

// Fed by the engine's event thread; not thread-safe. Memory is bounded whatever comes. An error of the disk does not
// stop the step: it is kept and given by close().
class LogWriter {
 public:
  static constexpr std::uint64_t kDefaultCap = std::uint64_t{64} << 20;
  static constexpr std::size_t kLongestPart = 64 << 10;
  static constexpr std::size_t kLongestShown = 4 << 10;
  // A line for the live display, without its end and cut to 4 KiB. Of what is dropped nothing is shown.
  using OnLine = std::function<void(Stream, std::string_view)>;

  // Makes the directory and an empty log.jsonl in it, in place of one that was there. What `redactor` finds (null:
  // nothing) comes into neither log nor display; it outlives the writer.
  static Result<LogWriter> open(const std::string& log_directory, OnLine on_line = {}, std::uint64_t cap = kDefaultCap,
                                const Redactor* redactor = nullptr);

  // In the file once it returns, but for an unfinished line, and what may be the beginning of a secret.
  void write(Stream stream, std::string_view bytes);
  Result<void> close();  // writes unfinished lines

  std::uint64_t dropped() const { return dropped_; }  // bytes of output that are not in the log

 private:
  struct Line {
    std::string begun;   // what came of it so far, but for parts that are written; at most kLongestPart
    bool shown = false;  // its beginning was given to on_line
  };

  LogWriter(UniqueFd file, std::string path, OnLine on_line, std::uint64_t cap, const Redactor* redactor);
  void add(Stream stream, std::string_view bytes);
  void take(Stream stream, std::string_view line, bool part);
  void append(Stream stream, std::string_view line, std::string_view mark);
  void flush();

  UniqueFd file_;
  std::string path_;
  OnLine on_line_;
  std::uint64_t cap_;
  std::uint64_t size_ = 0;  // of the file, what is buffered included
  std::uint64_t dropped_ = 0;
  bool full_ = false;
  Line lines_[2];                           // by stream
  std::vector<Redactor::Stream> redacted_;  // by stream; empty: there are no secrets
  std::string time_;                        // one for all lines of a chunk
  std::string buffer_;
  std::optional<Error> error_;
};

}  // namespace boxcar
