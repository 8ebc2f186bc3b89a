// The store's lock file. Nothing is wrong without its locks; they spare work.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_set>

#include "base/file_locks.h"
#include "store/results.h"

namespace boxcar {

// The exclusive locks of this process, for all its threads. Thread-safe.
class LockFile {
 public:
  static constexpr const char* kName = "lock";
  static constexpr off_t kIndex = 0;    // while a record is appended to the index
  static constexpr off_t kGc = 1;       // while results are removed
  static constexpr off_t kJanitor = 2;  // while leftovers of the dead are removed
  static constexpr off_t kProbe = 3;    // for a moment, to see whether there are locks
  static off_t of_key(const Key& key);
  static off_t of_run(std::string_view run);  // held by the runner for as long as it lives

  // An error where the file system has no locks.
  static Result<std::shared_ptr<LockFile>> open(int store);
  // Of a store that the caller may only read: it takes no lock then.
  bool read_only() const { return read_only_; }

  // Never waits, and never grants a byte twice, to this process either.
  bool try_lock(off_t byte);
  bool lock(off_t byte);  // waits for other processes, not for this one. False: the file system has no locks
  void unlock(off_t byte);
  bool is_locked(off_t byte);  // by anyone, this object included

 private:
  LockFile(UniqueFd file, bool read_only) : locks_(std::move(file)), read_only_(read_only) {}

  FileLocks locks_;
  const bool read_only_;
  std::mutex mutex_;
  std::unordered_set<off_t> held_;  // by try_lock()
};

// One byte held for as long as this lives.
class ByteLock final : public KeyLock {
 public:
  ByteLock(std::shared_ptr<LockFile> file, off_t byte) : file_(std::move(file)), byte_(byte) {}
  ~ByteLock() override { file_->unlock(byte_); }
  ByteLock(const ByteLock&) = delete;
  ByteLock& operator=(const ByteLock&) = delete;

 private:
  std::shared_ptr<LockFile> file_;
  off_t byte_;
};

}  // namespace boxcar
