// The index answers "is there a result for this key, and is it as it was left" without opening a file of the result. A
// file of records, only ever appended to (docs/store.md), held in memory: 100,000 results are 25 MB and read in 20 ms.
// It is a cache: what it lacks is taken from the results' manifests.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "store/locks.h"

namespace boxcar {

class Index {
 public:
  // A missing, torn or foreign index is an empty one.
  Index(int store, std::shared_ptr<LockFile> locks);

  // The encoded record; valid as long as the index. Thread-safe, like all of it.
  std::optional<std::string_view> find(const Key& key);
  bool refresh();  // reads what other processes appended. False: nothing
  void put(const Key& key, std::string_view record);
  void drop(const Key& key);
  void touch(const Key& key, std::int64_t now);  // last used; kept to the hour
  void flush();                                  // writes what touch() noted
  void compact();                                // when more than half of it is dead

  struct Item {
    Key key;
    std::string_view record;
    std::int64_t used = 0;  // microseconds since 1970
  };
  std::vector<Item> all();

 private:
  struct Header;
  Header* slot(const Key& key);
  void insert(Header* header);
  void grow();
  void reload();
  void load_tail();
  std::size_t parse(char* data, std::size_t size);
  void append(const std::string& bytes);
  char* keep(std::string_view bytes);

  const int store_;
  const std::shared_ptr<LockFile> locks_;
  std::mutex mutex_;
  UniqueFd file_;
  std::uint64_t inode_ = 0;
  std::uint64_t end_ = 0;  // of what was read and written
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_used_ = 0, chunk_size_ = 0;
  std::vector<Header*> table_;  // open addressing; the newest record of each key
  std::size_t count_ = 0;
  std::uint64_t live_ = 0;  // bytes
  std::vector<Key> touched_;
  std::int64_t touched_at_ = 0;
};

}  // namespace boxcar
