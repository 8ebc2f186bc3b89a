#include "store/encoding.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/fd.h"

namespace boxcar {

void Encoder::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

void Encoder::signed_number(std::int64_t value) {
  number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

void Encoder::text(std::string_view value) {
  number(value.size());
  bytes(value);
}

void Encoder::digest(const Digest& value) {
  out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

// A path shares its beginning with the one before it, and times lie close to those before them.
void Encoder::entries(const std::vector<TreeEntry>& entries) {
  number(entries.size());
  static const TreeEntry none;
  const TreeEntry* before = &none;
  for (const auto& entry : entries) {
    std::size_t shared = 0;
    while (shared < std::min(entry.path.size(), before->path.size()) && entry.path[shared] == before->path[shared])
      ++shared;
    number(shared);
    text(std::string_view(entry.path).substr(shared));
    out_ += static_cast<char>(entry.kind);
    signed_number(static_cast<std::int64_t>(entry.stat.inode - before->stat.inode));
    number(entry.stat.size);
    signed_number(entry.stat.mtime - before->stat.mtime);
    signed_number(entry.stat.ctime - entry.stat.mtime);
    digest(entry.digest);
    before = &entry;
  }
}

std::uint64_t Decoder::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (data_.empty()) break;
    const auto byte = static_cast<std::uint8_t>(data_.front());
    data_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  ok_ = false;
  return 0;
}

std::int64_t Decoder::signed_number() {
  const std::uint64_t value = number();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::string_view Decoder::bytes(std::size_t size) {
  if (size > data_.size()) {
    ok_ = false;
    data_ = {};
    return {};
  }
  const auto value = data_.substr(0, size);
  data_.remove_prefix(size);
  return value;
}

Digest Decoder::digest() {
  Digest value;
  const auto raw = bytes(value.bytes.size());
  if (raw.size() == value.bytes.size()) std::memcpy(value.bytes.data(), raw.data(), raw.size());
  return value;
}

std::vector<TreeEntry> Decoder::entries() {
  EntryReader reader(data_);
  std::vector<TreeEntry> entries;
  while (const TreeEntry* entry = reader.next()) entries.push_back(*entry);
  ok_ = ok_ && reader.ok();
  data_ = reader.rest();
  return entries;
}

EntryReader::EntryReader(std::string_view data) : in_(data), left_(in_.number()) {}

const TreeEntry* EntryReader::next() {
  if (left_ == 0 || !in_.ok()) return nullptr;
  --left_;
  entry_.path.resize(std::min<std::size_t>(in_.number(), entry_.path.size()));
  entry_.path += in_.text();
  const auto kind = in_.bytes(1);
  if (!kind.empty()) entry_.kind = static_cast<EntryKind>(kind.front());
  entry_.stat.inode += static_cast<std::uint64_t>(in_.signed_number());
  entry_.stat.size = in_.number();
  entry_.stat.mtime += in_.signed_number();
  entry_.stat.ctime = entry_.stat.mtime + in_.signed_number();
  entry_.digest = in_.digest();
  return in_.ok() ? &entry_ : nullptr;
}

std::uint64_t checksum(std::string_view data) {
  std::uint64_t sum = 0x9E3779B97F4A7C15 ^ data.size();
  const auto mix = [&](std::uint64_t word) {
    sum = (sum ^ word) * 0xFF51AFD7ED558CCD;
    sum ^= sum >> 32;
  };
  std::uint64_t word = 0;
  while (data.size() >= sizeof word) {
    std::memcpy(&word, data.data(), sizeof word);
    mix(word);
    data.remove_prefix(sizeof word);
  }
  word = 0;
  if (!data.empty()) std::memcpy(&word, data.data(), data.size());
  mix(word);
  return sum;
}

void write_checked(const std::string& file, std::string_view magic, std::string_view body) {
  Encoder whole;
  whole.bytes(magic);
  whole.number(checksum(body));
  whole.bytes(body);
  if (!make_directories(std::string(directory_name(file)))) return;
  const std::string fresh = file + '.' + std::to_string(::gettid());
  if (!write_file(fresh, whole.data()) || ::rename(fresh.c_str(), file.c_str()) != 0) ::unlink(fresh.c_str());
}

std::optional<std::string> read_checked(const std::string& file, std::string_view magic) {
  const auto text = read_file(file);
  if (!text || !text->starts_with(magic)) return std::nullopt;
  Decoder in(std::string_view(*text).substr(magic.size()));
  const std::uint64_t sum = in.number();
  if (!in.ok() || checksum(in.rest()) != sum) return std::nullopt;
  return std::string(in.rest());
}

}  // namespace boxcar
