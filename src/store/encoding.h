// Compact binary forms of what the store keeps besides results: numbers, digests, the entries of a tree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/tree_digest.h"

namespace boxcar {

class Encoder {
 public:
  void number(std::uint64_t value);  // 7 bits a byte, least significant first
  void signed_number(std::int64_t value);
  void bytes(std::string_view value) { out_ += value; }
  void text(std::string_view value);
  void digest(const Digest& value);
  void entries(const std::vector<TreeEntry>& entries);
  std::string take() { return std::move(out_); }
  const std::string& data() const { return out_; }

 private:
  std::string out_;
};

// Reads what Encoder wrote. Past the end, or of anything malformed, it gives zeros and is no longer ok().
class Decoder {
 public:
  explicit Decoder(std::string_view data) : data_(data) {}
  std::uint64_t number();
  std::int64_t signed_number();
  std::string_view bytes(std::size_t size);
  std::string_view text() { return bytes(number()); }
  Digest digest();
  std::vector<TreeEntry> entries();
  bool ok() const { return ok_; }
  std::string_view rest() const { return data_; }

 private:
  std::string_view data_;
  bool ok_ = true;
};

// Reads the entries of a tree one after the other without copying more than their names.
class EntryReader {
 public:
  explicit EntryReader(std::string_view data);
  // The next, or null at the end. Valid until the next call.
  const TreeEntry* next();
  bool ok() const { return in_.ok(); }
  std::string_view rest() const { return in_.rest(); }

 private:
  Decoder in_;
  std::uint64_t left_;
  TreeEntry entry_;
};

// Tells a torn or altered record from a whole one. No protection against malice.
std::uint64_t checksum(std::string_view data);

// A file that is only a help: `magic`, a checksum, `body`. Not synced, and where it can't be written there is none.
void write_checked(const std::string& file, std::string_view magic, std::string_view body);
// The body; none when the file is missing, torn or another.
std::optional<std::string> read_checked(const std::string& file, std::string_view magic);

}  // namespace boxcar
