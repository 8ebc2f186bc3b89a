// Locks on single bytes of a file, one byte for each thing that is locked. They belong to the open file description
// (fcntl's F_OFD_SETLK), so they hold between threads as between processes, end with the process however it ends, and
// no child inherits them.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace boxcar {

enum class LockMode { Shared, Exclusive };

// Locks taken through one object never exclude each other. From any thread.
class FileLocks {
 public:
  static Result<FileLocks> open(const std::string& path, mode_t mode);  // made where there is none
  explicit FileLocks(UniqueFd file) : file_(std::move(file)) {}         // open for reading and writing

  Result<void> lock(off_t byte, LockMode mode);                    // waits; also changes a lock held, without a gap
  Result<void> lock_until_interrupted(off_t byte, LockMode mode);  // the same; Cancelled by base/interrupt.h
  Result<bool> try_lock(off_t byte, LockMode mode);                // false: another holds it
  void unlock(off_t byte);
  bool is_locked(off_t byte) const;  // through another object, in whatever mode

 private:
  UniqueFd file_;
};

}  // namespace boxcar
