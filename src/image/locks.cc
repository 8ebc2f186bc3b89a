#include "image/locks.h"

#include <cstdint>

namespace boxcar {

namespace {

// 56 bits of the digest, then two that tell layers, images, sources and readers apart; 0 stays the store's.
off_t byte_of(const Digest& digest, int kind) {
  std::int64_t value = 0;
  for (int i = 0; i < 7; ++i) value = value << 8 | digest.bytes[i];
  return 4 + 4 * value + kind;
}

}  // namespace

off_t layer_lock(const Digest& diff_id) {
  return byte_of(diff_id, 0);
}

off_t image_lock(const Digest& identity) {
  return byte_of(identity, 1);
}

off_t source_lock(const std::string& source) {
  return byte_of(sha256(source), 2);
}

off_t reader_lock(const std::string& mark) {
  return byte_of(sha256(mark), 3);
}

Result<FileLocks> open_locks(const std::string& store) {
  return FileLocks::open(join_path(store, "lock"), 0600);
}

}  // namespace boxcar
