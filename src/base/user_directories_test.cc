#include "base/user_directories.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace boxcar {
namespace {

TEST(UserDirectories, FollowTheVariablesThatAreAbsolute) {
  ::setenv("HOME", "/home/ada", 1);
  ::setenv("XDG_DATA_HOME", "/data", 1);
  ::setenv("XDG_STATE_HOME", "relative", 1);
  ::unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(user_data_directory(), "/data/boxcar");
  EXPECT_EQ(user_state_directory(), "/home/ada/.local/state/boxcar");
  EXPECT_EQ(user_cache_directory(), "/home/ada/.cache/boxcar");
}

TEST(UserDirectories, AskThePasswordFileWhereThereIsNoHome) {
  ::unsetenv("HOME");
  ::unsetenv("XDG_DATA_HOME");
  EXPECT_TRUE(user_data_directory().starts_with('/'));
  EXPECT_TRUE(user_data_directory().ends_with("/.local/share/boxcar"));
}

}  // namespace
}  // namespace boxcar
