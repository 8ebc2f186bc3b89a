#include "base/file_locks.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/interrupt.h"

namespace boxcar {

namespace {

constexpr auto kLongestPause = std::chrono::milliseconds(100);

struct flock one_byte(short type, off_t byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return range;
}

short type_of(LockMode mode) {
  return mode == LockMode::Shared ? F_RDLCK : F_WRLCK;
}

tl::unexpected<Error> fail_lock(const char* doing) {
  Error error = errno_error(doing, errno);
  if (errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL)
    error.message += " (the file system it lies on has no working locks; boxcar needs another place)";
  return fail(std::move(error));
}

}  // namespace

Result<FileLocks> FileLocks::open(const std::string& path, mode_t mode) {
  TRY(auto file, open_file(path, O_RDWR | O_CREAT, mode));
  return FileLocks(std::move(file));
}

Result<void> FileLocks::lock(off_t byte, LockMode mode) {
  auto range = one_byte(type_of(mode), byte);
  while (::fcntl(file_.get(), F_OFD_SETLKW, &range) != 0) {
    if (errno != EINTR) return fail_lock("waiting for a lock");
  }
  return {};
}

// The kernel's own wait ends only by a signal with a handler, and there is none. Who waits here does so for long.
Result<void> FileLocks::lock_until_interrupted(off_t byte, LockMode mode) {
  for (auto pause = std::chrono::milliseconds(1);; pause = std::min(2 * pause, kLongestPause)) {
    TRY(const bool locked, try_lock(byte, mode));
    if (locked) return {};
    if (interrupted()) return fail(interruption());
    std::this_thread::sleep_for(pause);
  }
}

Result<bool> FileLocks::try_lock(off_t byte, LockMode mode) {
  auto range = one_byte(type_of(mode), byte);
  if (::fcntl(file_.get(), F_OFD_SETLK, &range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return fail_lock("taking a lock");
}

void FileLocks::unlock(off_t byte) {
  auto range = one_byte(F_UNLCK, byte);
  ::fcntl(file_.get(), F_OFD_SETLK, &range);
}

bool FileLocks::is_locked(off_t byte) const {
  auto range = one_byte(F_WRLCK, byte);
  return ::fcntl(file_.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

}  // namespace boxcar
