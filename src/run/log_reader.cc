#include "run/log_reader.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

namespace boxcar {
namespace {

constexpr std::size_t kChunk = 256 << 10;

// `text` is one line with a NUL in place of its end; it is overwritten.
std::optional<LogEntry> parse(char* text) {
  rapidjson::Document document;
  document.ParseInsitu(text);
  if (document.HasParseError() || !document.IsObject()) return {};
  const rapidjson::Value& object = document;
  const auto find = [&](const char* name) -> const rapidjson::Value* {
    const auto member = object.FindMember(name);
    return member != object.MemberEnd() ? &member->value : nullptr;
  };
  const auto is_true = [&](const char* name) {
    const auto* value = find(name);
    return value != nullptr && value->IsTrue();
  };
  const auto* line = find("line");
  if (line == nullptr || !line->IsString()) return {};
  LogEntry entry;
  entry.line.assign(line->GetString(), line->GetStringLength());
  if (const auto* time = find("time"); time != nullptr && time->IsString()) entry.time = time->GetString();
  if (const auto* stream = find("stream"); stream != nullptr && stream->IsString() && *stream == "stderr") {
    entry.stream = Stream::Err;
  }
  entry.part = is_true("part");
  entry.note = is_true("note");
  return entry;
}

}  // namespace

Result<LogReader> LogReader::open(const std::string& path) {
  TRY(UniqueFd file, open_file(path, O_RDONLY));
  return LogReader(std::move(file));
}

Result<void> LogReader::read(const std::function<bool(const LogEntry&)>& each) {
  while (true) {
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + kChunk);
    const ssize_t got = pread(file_.get(), buffer_.data() + kept, kChunk, offset_);
    buffer_.resize(kept + std::max<ssize_t>(got, 0));
    if (got < 0) return fail_errno("reading a log");
    if (got == 0) return {};
    offset_ += got;
    std::size_t begin = 0;
    std::size_t end = buffer_.find('\n', kept);
    while (end != std::string::npos) {
      buffer_[end] = '\0';
      const auto entry = parse(buffer_.data() + begin);
      begin = end + 1;
      if (entry && !each(*entry)) {
        buffer_.erase(0, begin);
        return {};
      }
      end = buffer_.find('\n', begin);
    }
    buffer_.erase(0, begin);
  }
}

Result<void> LogReader::seek_to_last(std::size_t entries) {
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return fail_errno("reading a log");
  std::string block(kChunk, '\0');
  buffer_.clear();
  offset_ = 0;
  // The end of the entry before those wanted: its newline is the one numbered `entries`, counted from the end of the
  // last whole entry.
  std::size_t newlines = 0;
  for (std::int64_t end = status.st_size; end > 0;) {
    const std::int64_t begin = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(kChunk));
    const ssize_t got = pread(file_.get(), block.data(), end - begin, begin);
    if (got < 0) return fail_errno("reading a log");
    for (ssize_t at = got - 1; at >= 0; --at) {
      if (block[at] == '\n' && ++newlines > entries) {
        offset_ = begin + at + 1;
        return {};
      }
    }
    end = begin;
  }
  return {};
}

std::vector<LogEntry> last_entries(const std::string& path, std::size_t entries) {
  std::vector<LogEntry> found;
  auto reader = LogReader::open(path);
  if (!reader || !reader->seek_to_last(entries)) return found;
  (void)reader->read([&](const LogEntry& entry) {
    found.push_back(entry);
    return true;
  });
  if (found.size() > entries) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(entries));
  return found;
}

}  // namespace boxcar
