#include "store/index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.h"
#include "store/encoding.h"

namespace boxcar {

namespace {

constexpr const char* kName = "index";
constexpr std::uint32_t kMagic =
    0x31786362;  // "bcx1": another layout gets another one, and the old file counts as torn
constexpr std::size_t kChunk = std::size_t{1} << 16;
constexpr std::int64_t kUsedGrain = std::int64_t{3600} * 1'000'000;

enum Kind : std::uint32_t { kResult = 1, kDropped = 2, kUsed = 3 };

}  // namespace

// Before each record; records start at multiples of 8 bytes.
struct Index::Header {
  std::uint32_t magic;
  std::uint32_t kind;
  std::uint64_t size;      // of what follows
  std::uint64_t checksum;  // of key and what follows
  std::int64_t used;       // microseconds since 1970
  Key key;

  std::size_t whole() const { return (sizeof(Header) + size + 7) / 8 * 8; }
  std::string_view payload() const { return {reinterpret_cast<const char*>(this) + sizeof(Header), size}; }
  std::uint64_t sum() const {
    return checksum_of({reinterpret_cast<const char*>(&key), sizeof key}) * 31 + checksum_of(payload());
  }
  static std::uint64_t checksum_of(std::string_view data) { return ::boxcar::checksum(data); }

  static std::string make(Kind kind, const Key& key, std::int64_t used, std::string_view payload) {
    Header header{kMagic, kind, payload.size(), 0, used, key};
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.append(payload).resize(header.whole());
    auto* placed = reinterpret_cast<Header*>(bytes.data());
    placed->checksum = placed->sum();
    return bytes;
  }
};

Index::Index(int store, std::shared_ptr<LockFile> locks) : store_(store), locks_(std::move(locks)) {
  const std::lock_guard guard(mutex_);
  reload();
}

void Index::reload() {
  file_.reset(::openat(store_, kName, O_RDWR | O_CLOEXEC));
  if (!file_) file_.reset(::openat(store_, kName, O_RDONLY | O_CLOEXEC));
  struct stat info {};
  inode_ = file_ && ::fstat(file_.get(), &info) == 0 ? info.st_ino : 0;
  end_ = 0;
  live_ = 0;
  count_ = 0;
  table_.assign(64, nullptr);
  load_tail();
}

// Reads what was appended since; a torn record at the end is left for the next who appends to cut off.
void Index::load_tail() {
  struct stat info {};
  if (!file_ || ::fstat(file_.get(), &info) != 0 || static_cast<std::uint64_t>(info.st_size) <= end_) return;
  const std::size_t size = static_cast<std::size_t>(info.st_size) - end_;
  chunks_.emplace_back(new char[size]);
  chunk_used_ = chunk_size_ = 0;
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(file_.get(), chunks_.back().get() + have, size - have, static_cast<off_t>(end_ + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  end_ += parse(chunks_.back().get(), have);
}

// Gives how many bytes of whole records there were.
std::size_t Index::parse(char* data, std::size_t size) {
  std::size_t at = 0;
  while (size - at >= sizeof(Header)) {
    auto* header = reinterpret_cast<Header*>(data + at);
    if (header->magic != kMagic || header->size > size - at || header->whole() > size - at) break;
    if (header->checksum != header->sum() || header->used < 0) break;
    if (header->kind == kUsed) {
      Key key;
      for (auto keys = header->payload(); keys.size() >= sizeof key; keys.remove_prefix(sizeof key)) {
        std::memcpy(&key, keys.data(), sizeof key);
        if (Header* used = slot(key)) used->used = std::max(used->used, header->used);
      }
    } else {
      insert(header);
    }
    at += header->whole();
  }
  return at;
}

Index::Header* Index::slot(const Key& key) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = std::hash<Key>{}(key)&mask; table_[i] != nullptr; i = (i + 1) & mask) {
    if (table_[i]->key == key) return table_[i];
  }
  return nullptr;
}

void Index::insert(Header* header) {
  if (2 * (count_ + 1) > table_.size()) grow();
  const std::size_t mask = table_.size() - 1;
  std::size_t i = std::hash<Key>{}(header->key) & mask;
  while (table_[i] != nullptr && table_[i]->key != header->key) i = (i + 1) & mask;
  if (table_[i] == nullptr) {
    ++count_;
  } else if (table_[i]->kind == kResult) {
    live_ -= table_[i]->whole();
  }
  if (header->kind == kResult) live_ += header->whole();
  table_[i] = header;
}

void Index::grow() {
  auto old = std::exchange(table_, std::vector<Header*>(table_.size() * 4, nullptr));
  const std::size_t mask = table_.size() - 1;
  for (Header* header : old) {
    if (header == nullptr) continue;
    std::size_t i = std::hash<Key>{}(header->key) & mask;
    while (table_[i] != nullptr) i = (i + 1) & mask;
    table_[i] = header;
  }
}

std::optional<std::string_view> Index::find(const Key& key) {
  const std::lock_guard guard(mutex_);
  const Header* header = slot(key);
  if (header == nullptr || header->kind != kResult) return std::nullopt;
  return header->payload();
}

bool Index::refresh() {
  const std::lock_guard guard(mutex_);
  struct stat info {};
  if (::fstatat(store_, kName, &info, 0) != 0) return false;
  if (info.st_ino != inode_) {
    reload();
  } else if (static_cast<std::uint64_t>(info.st_size) > end_) {
    load_tail();
  } else {
    return false;
  }
  return true;
}

char* Index::keep(std::string_view bytes) {
  if (chunk_used_ + bytes.size() > chunk_size_) {
    chunk_size_ = std::max(kChunk, bytes.size());
    chunk_used_ = 0;
    chunks_.emplace_back(new char[chunk_size_]);
  }
  char* at = chunks_.back().get() + chunk_used_;
  std::memcpy(at, bytes.data(), bytes.size());
  chunk_used_ += bytes.size();
  return at;
}

// A record that can't be written is kept for this run only: the index is a cache.
void Index::append(const std::string& bytes) {
  const bool locked = locks_->lock(LockFile::kIndex);
  struct stat info {};
  if (::fstatat(store_, kName, &info, 0) != 0) {
    file_.reset(errno == ENOENT ? ::openat(store_, kName, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1);
    if (file_ && ::fstat(file_.get(), &info) == 0) inode_ = info.st_ino;
    end_ = 0;
  } else if (info.st_ino != inode_) {
    reload();
  } else if (static_cast<std::uint64_t>(info.st_size) > end_) {
    load_tail();
  }
  if (locked && file_) {
    if (static_cast<std::uint64_t>(info.st_size) > end_) (void)!::ftruncate(file_.get(), static_cast<off_t>(end_));
    const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(end_));
    if (n == static_cast<ssize_t>(bytes.size())) end_ += bytes.size();
  }
  char* kept = keep(bytes);
  parse(kept, bytes.size());
  if (locked) locks_->unlock(LockFile::kIndex);
}

void Index::put(const Key& key, std::string_view record) {
  const std::lock_guard guard(mutex_);
  append(Header::make(kResult, key, now_micros(), record));
}

void Index::drop(const Key& key) {
  const std::lock_guard guard(mutex_);
  const Header* header = slot(key);
  if (header != nullptr && header->kind == kResult) append(Header::make(kDropped, key, now_micros(), {}));
}

void Index::touch(const Key& key, std::int64_t now) {
  const std::lock_guard guard(mutex_);
  Header* header = slot(key);
  if (header == nullptr || now - header->used < kUsedGrain) return;
  header->used = now;
  touched_.push_back(key);
  touched_at_ = now;
}

void Index::flush() {
  const std::lock_guard guard(mutex_);
  if (touched_.empty()) return;
  const auto keys = std::exchange(touched_, {});
  append(Header::make(kUsed, {}, touched_at_, {reinterpret_cast<const char*>(keys.data()), keys.size() * sizeof(Key)}));
}

void Index::compact() {
  const std::lock_guard guard(mutex_);
  constexpr std::uint64_t least = std::uint64_t{1} << 20;
  if (end_ < least || live_ * 2 > end_ || !locks_->lock(LockFile::kIndex)) return;
  reload();
  std::string whole;
  whole.reserve(live_);
  for (const Header* header : table_) {
    if (header != nullptr && header->kind == kResult)
      whole.append(reinterpret_cast<const char*>(header), header->whole());
  }
  const UniqueFd fresh(::openat(store_, "index.new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (fresh && write_all(fresh.get(), whole)) ::renameat(store_, "index.new", store_, kName);
  reload();
  locks_->unlock(LockFile::kIndex);
}

std::vector<Index::Item> Index::all() {
  const std::lock_guard guard(mutex_);
  std::vector<Item> items;
  items.reserve(count_);
  for (const Header* header : table_) {
    if (header != nullptr && header->kind == kResult) items.push_back({header->key, header->payload(), header->used});
  }
  return items;
}

}  // namespace boxcar
