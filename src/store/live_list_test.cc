#include "store/live_list.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace boxcar
