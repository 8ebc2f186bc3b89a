// An import under way: the store's lock, shared, and a directory to work in, below tmp/.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "image/locks.h"

namespace boxcar {

class ImportSession {
 public:
  // Makes the store where there is none. The first of several imports also removes what killed ones left, and so does
  // the last when it ends: while the lock is to be had for oneself, nobody works below tmp/.
  static Result<ImportSession> begin(const std::string& store);
  // The same for what is not unpacked here: without a user namespace.
  static Result<ImportSession> begin_passing(const std::string& store);
  // The lock for oneself, to remove things; Unavailable when others import.
  static Result<ImportSession> begin_removal(const std::string& store);
  ~ImportSession();
  ImportSession(ImportSession&& other) noexcept
      : locks_(std::move(other.locks_)), store_(std::move(other.store_)), scratch_(std::exchange(other.scratch_, {})) {}
  ImportSession& operator=(ImportSession&&) = delete;

  const std::string& scratch() const { return scratch_; }

 private:
  static Result<ImportSession> share(const std::string& store, FileLocks locks);
  ImportSession(FileLocks locks, std::string store, std::string scratch)
      : locks_(std::move(locks)), store_(std::move(store)), scratch_(std::move(scratch)) {}

  FileLocks locks_;
  std::string store_;
  std::string scratch_;
};

}  // namespace boxcar
