#include "store/locks.h"

#include <fcntl.h>
#include <unistd.h>

namespace boxcar {

namespace {

// Keys and runs have halves of the file's range of their own.
constexpr off_t kKeys = off_t{1} << 61;
constexpr off_t kRuns = off_t{1} << 62;

off_t within(off_t range, const Digest& digest) {
  return range + static_cast<off_t>(std::hash<Digest>{}(digest) & ((std::uint64_t{1} << 60) - 1));
}

}  // namespace

off_t LockFile::of_key(const Key& key) {
  return within(kKeys, key);
}

off_t LockFile::of_run(std::string_view run) {
  return within(kRuns, sha256(run));
}

Result<std::shared_ptr<LockFile>> LockFile::open(int store) {
  UniqueFd fd(::openat(store, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("opening the store's lock file");
  return std::shared_ptr<LockFile>(new LockFile(std::move(fd)));
}

bool LockFile::set(int command, short type, off_t byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  while (::fcntl(fd_.get(), command, &range) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

bool LockFile::try_lock(off_t byte) {
  const std::lock_guard guard(mutex_);
  if (held_.contains(byte) || !set(F_OFD_SETLK, F_WRLCK, byte)) return false;
  held_.insert(byte);
  return true;
}

bool LockFile::lock(off_t byte) {
  return set(F_OFD_SETLKW, F_WRLCK, byte);
}

void LockFile::unlock(off_t byte) {
  const std::lock_guard guard(mutex_);
  held_.erase(byte);
  set(F_OFD_SETLK, F_UNLCK, byte);
}

bool LockFile::is_locked(off_t byte) {
  const std::lock_guard guard(mutex_);
  if (held_.contains(byte)) return true;
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return ::fcntl(fd_.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace boxcar
