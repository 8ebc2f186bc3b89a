// Reads a log.jsonl back, also while it is written, and whatever a killed runner left of its last line.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "engine/engine.h"

namespace boxcar {

struct LogEntry {
  std::string time;
  Stream stream = Stream::Out;
  std::string line;   // UTF-8
  bool part = false;  // the line goes on in the next entry of the stream
  bool note = false;  // boxcar's own word
};

class LogReader {
 public:
  static Result<LogReader> open(const std::string& path);  // NotFound when there is none

  // Gives what was added since the last call, whole entries only; what is no entry is passed over. `each` false: no
  // more.
  Result<void> read(const std::function<bool(const LogEntry&)>& each);
  // Goes to the last `entries` of what is there, without reading all before it.
  Result<void> seek_to_last(std::size_t entries);

 private:
  explicit LogReader(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
  std::int64_t offset_ = 0;  // of what was not read yet
  std::string buffer_;       // read, but not given: at most an entry
};

// For summaries. Empty when it can't be read.
std::vector<LogEntry> last_entries(const std::string& path, std::size_t entries);

}  // namespace boxcar
