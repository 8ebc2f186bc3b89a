#include "base/file_locks.h"

#include <gtest/gtest.h>

#include <thread>

#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

class FileLocksTest : public testing::Test {
 protected:
  FileLocks open() { return FileLocks::open(directory_ / "lock", 0600).value(); }

  const TemporaryDirectory directory_;
};

TEST_F(FileLocksTest, ExcludesTheOtherObjectsOfTheSameProcessByteForByte) {
  FileLocks a = open();
  FileLocks b = open();
  EXPECT_TRUE(a.try_lock(7, LockMode::Exclusive).value());
  EXPECT_FALSE(b.try_lock(7, LockMode::Exclusive).value());
  EXPECT_FALSE(b.try_lock(7, LockMode::Shared).value());
  EXPECT_TRUE(b.try_lock(8, LockMode::Exclusive).value());
  EXPECT_TRUE(b.is_locked(7));
  EXPECT_FALSE(a.is_locked(7));  // its own do not count
  a.unlock(7);
  EXPECT_FALSE(b.is_locked(7));
  EXPECT_TRUE(b.try_lock(7, LockMode::Exclusive).value());
}

TEST_F(FileLocksTest, SharesWithWhoShares) {
  FileLocks a = open();
  FileLocks b = open();
  EXPECT_TRUE(a.try_lock(0, LockMode::Shared).value());
  EXPECT_TRUE(b.try_lock(0, LockMode::Shared).value());
  EXPECT_FALSE(b.try_lock(0, LockMode::Exclusive).value());
  EXPECT_TRUE(b.is_locked(0));
}

TEST_F(FileLocksTest, WaitsUntilTheOtherIsClosed) {
  FileLocks b = open();
  std::thread waiting;
  bool locked = false;
  {
    FileLocks a = open();
    ASSERT_TRUE(a.lock(off_t{1} << 61, LockMode::Exclusive));
    waiting = std::thread([&] { locked = b.lock(off_t{1} << 61, LockMode::Exclusive).has_value(); });
  }
  waiting.join();
  EXPECT_TRUE(locked);
}

}  // namespace
}  // namespace boxcar
