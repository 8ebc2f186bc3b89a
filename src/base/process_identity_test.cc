#include "base/process_identity.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/process.h"

namespace boxcar {
namespace {

TEST(ProcessIdentityTest, TheLivingAreNotDead) {
  EXPECT_EQ(process_identity(), process_identity());
  EXPECT_FALSE(surely_dead(process_identity()));
}

TEST(ProcessIdentityTest, WhoHasThePidNowIsAnother) {
  std::string identity = process_identity();
  identity.back() = identity.back() == '1' ? '2' : '1';
  EXPECT_TRUE(surely_dead(identity));
}

TEST(ProcessIdentityTest, WhoEndedIsDead) {
  SpawnOptions options;
  options.argv = {"sleep", "60"};
  const auto child = spawn(options);
  ASSERT_TRUE(child);
  std::string identity = process_identity();
  identity = identity.substr(0, identity.rfind('.', identity.rfind('.') - 1) + 1) + std::to_string(child->pid) + "." +
             std::to_string(process_start(child->pid));
  EXPECT_FALSE(surely_dead(identity));
  ::kill(child->pid, SIGKILL);
  ASSERT_TRUE(wait_for(*child));
  EXPECT_TRUE(surely_dead(identity));
}

TEST(ProcessIdentityTest, OfOtherMachinesNothingIsKnown) {
  const std::string identity = process_identity();
  for (const std::string& other : {std::string(), std::string("1"), "another" + identity, identity + "x",
                                   identity.substr(0, identity.rfind('.'))}) {
    EXPECT_FALSE(surely_dead(other)) << other;
  }
}

}  // namespace
}  // namespace boxcar
