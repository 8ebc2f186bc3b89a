#include "store/locks.h"

#include <fcntl.h>

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
  UniqueFd fd(::openat(store, kName, O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const bool read_only = !fd && (errno == EROFS || errno == EACCES);
  if (read_only) fd.reset(::openat(store, kName, O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("opening the store's lock file");
  std::shared_ptr<LockFile> file(new LockFile(std::move(fd), read_only));
  // Where there are no locks, each step would wait for ever for whoever seems to have its.
  if (!read_only) {
    auto locked = file->locks_.try_lock(kProbe, LockMode::Exclusive);
    if (!locked) return fail(std::move(locked).error().in("the store's lock file"));
    file->locks_.unlock(kProbe);
  }
  return file;
}

bool LockFile::try_lock(off_t byte) {
  const std::lock_guard guard(mutex_);
  if (held_.contains(byte) || !locks_.try_lock(byte, LockMode::Exclusive).value_or(false)) return false;
  held_.insert(byte);
  return true;
}

bool LockFile::lock(off_t byte) {
  return locks_.lock(byte, LockMode::Exclusive).has_value();
}

void LockFile::unlock(off_t byte) {
  const std::lock_guard guard(mutex_);
  held_.erase(byte);
  locks_.unlock(byte);
}

bool LockFile::is_locked(off_t byte) {
  const std::lock_guard guard(mutex_);
  return held_.contains(byte) || locks_.is_locked(byte);
}

}  // namespace boxcar
