#include "store/live_list.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

Digest numbered(int number) {
  return sha256(std::to_string(number));
}

TEST(LiveList, ShowsOthersEachMarkHoweverMany) {
  TemporaryDirectory store;
  LiveList list(store.path());
  for (int i = 0; i < 20000; ++i) {
    list.mark(numbered(i));
    if (i == 100) {
      EXPECT_TRUE(LiveList::Marks::of(store.path()).has(numbered(100)));
    }
  }
  const auto marks = LiveList::Marks::of(store.path());
  for (int i = 0; i < 20000; ++i) ASSERT_TRUE(marks.has(numbered(i))) << i;
  EXPECT_FALSE(marks.has(numbered(20000)));
  list.release();
  EXPECT_FALSE(LiveList::Marks::of(store.path()).has(numbered(1)));
}

// A store on a disk of that many bytes, for as long as the test lasts.
class LiveListOnSmallDisk : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_EQ(::mount("tmpfs", store_.path().c_str(), "tmpfs", 0, GetParam()), 0); }
  void TearDown() override { ::umount2(store_.path().c_str(), MNT_DETACH); }
  TemporaryDirectory store_;
};

TEST_P(LiveListOnSmallDisk, HoldsAllWhenThereIsNoRoomForMarks) {
  LiveList list(store_.path());
  for (int i = 0; i < 10000; ++i) list.mark(numbered(i));
  EXPECT_TRUE(LiveList::Marks::of(store_.path()).has(numbered(9999)));
  EXPECT_TRUE(LiveList::Marks::of(store_.path()).has(numbered(20000)));
  list.release();
  EXPECT_FALSE(LiveList::Marks::of(store_.path()).has(numbered(1)));
}

INSTANTIATE_TEST_SUITE_P(Sizes, LiveListOnSmallDisk, testing::Values("size=16k", "size=100k"));

}  // namespace
}  // namespace boxcar
