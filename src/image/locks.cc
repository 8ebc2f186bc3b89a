#include "image/locks.h"

#include <fcntl.h>

#include <cerrno>

namespace boxcar {

namespace {

// 56 bits of the digest, then one bit that tells layers from images; 0 stays the store's.
LockRange range_of(const Digest& digest, int kind) {
  LockRange value = 0;
  for (int i = 0; i < 7; ++i) value = value << 8 | digest.bytes[i];
  return 2 + 2 * value + kind;
}

int control(int fd, int command, short type, LockRange range) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  request.l_start = range;
  request.l_len = 1;
  return fcntl(fd, command, &request);
}

short type_of(LockMode mode) {
  return mode == LockMode::Shared ? F_RDLCK : F_WRLCK;
}

}  // namespace

LockRange layer_lock(const Digest& diff_id) {
  return range_of(diff_id, 0);
}

LockRange image_lock(const Digest& identity) {
  return range_of(identity, 1);
}

Result<RangeLocks> RangeLocks::open(const std::string& path) {
  TRY(UniqueFd fd, open_file(path, O_RDWR | O_CREAT, 0600));
  return RangeLocks(std::move(fd));
}

Result<void> RangeLocks::lock(LockRange range, LockMode mode) {
  while (control(fd_.get(), F_OFD_SETLKW, type_of(mode), range) != 0) {
    if (errno != EINTR) return fail_errno("locking the image store");
  }
  return {};
}

Result<bool> RangeLocks::try_lock(LockRange range, LockMode mode) {
  if (control(fd_.get(), F_OFD_SETLK, type_of(mode), range) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return fail_errno("locking the image store");
}

void RangeLocks::unlock(LockRange range) {
  control(fd_.get(), F_OFD_SETLK, F_UNLCK, range);
}

}  // namespace boxcar
