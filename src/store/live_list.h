// What a live run reads: gc never removes it. Each run that uses a store has a file <store>/live/<name>, mapped into
// memory, in which it marks every result before it looks at it. gc moves a result aside first, reads all marks then,
// and moves it back when one came in between: so either gc sees the mark, or the run finds the result gone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/fd.h"
#include "base/sha256.h"

namespace boxcar {

class LiveList {
  struct Page;

 public:
  explicit LiveList(std::string store) : store_(std::move(store)) {}
  ~LiveList() { release(); }
  LiveList(const LiveList&) = delete;
  LiveList& operator=(const LiveList&) = delete;

  void mark(const Digest& key);  // thread-safe; the file is made with the first

  void release();  // the run no longer reads anything

  // The marks of all live runs of a store, in this process or another. Files of dead runs are removed on the way.
  class Marks {
   public:
    static Marks of(const std::string& store);
    bool has(const Digest& key) const { return all_ || keys_.contains(std::hash<Digest>{}(key)); }
    bool none() const { return !all_ && keys_.empty(); }

   private:
    void add(int fd, const Page& page);

    bool all_ = false;  // a run marked more than a list holds, or than the disk
    std::unordered_set<std::uint64_t> keys_;
  };

 private:
  void open();
  bool make_room(std::size_t marks);

  const std::string store_;
  std::string path_;
  std::once_flag opened_;
  UniqueFd fd_;
  Page* page_ = nullptr;
  std::atomic<std::size_t> room_ = 0;  // marks for which the file is long enough
  std::mutex growing_;
};

}  // namespace boxcar
