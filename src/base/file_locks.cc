#include "base/file_locks.h"

#include <fcntl.h>

#include <cerrno>

namespace boxcar {

namespace {

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

}  // namespace

Result<FileLocks> FileLocks::open(const std::string& path, mode_t mode) {
  TRY(auto file, open_file(path, O_RDWR | O_CREAT, mode));
  return FileLocks(std::move(file));
}

Result<void> FileLocks::lock(off_t byte, LockMode mode) {
  auto range = one_byte(type_of(mode), byte);
  while (::fcntl(file_.get(), F_OFD_SETLKW, &range) != 0) {
    if (errno != EINTR) return fail_errno("waiting for a lock");
  }
  return {};
}

Result<bool> FileLocks::try_lock(off_t byte, LockMode mode) {
  auto range = one_byte(type_of(mode), byte);
  if (::fcntl(file_.get(), F_OFD_SETLK, &range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return fail_errno("taking a lock");
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
