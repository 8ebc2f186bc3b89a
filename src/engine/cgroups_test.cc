// Version 1 against the kernel's own hierarchies; the limits of version 2 against a directory of plain files, since a
// hybrid machine keeps its controllers in version 1 (lifecycle_test.cc has limits that hold).
#include "engine/cgroups.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/process.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(UsableHierarchies, AreThoseOfVersion2AtItsRoot) {
  const std::vector<MountPoint> mounts{{"/", "/", "ext4", "rw"}, {"/", "/sys/fs/cgroup", "cgroup2", "rw,nsdelegate"}};
  EXPECT_THAT(usable_hierarchies(mounts, "0::/user.slice/session-1.scope\n"),
              ElementsAre(Hierarchy{2, "/sys/fs/cgroup", "/sys/fs/cgroup", true, true}));
}

TEST(UsableHierarchies, AreThoseOfVersion1BelowTheOwnGroup) {
  const std::vector<MountPoint> mounts{{"/", "/c/memory", "cgroup", "rw,memory"},
                                       {"/", "/c/cpu,cpuacct", "cgroup", "rw,cpu,cpuacct"},
                                       {"/", "/c/blkio", "cgroup", "rw,blkio"},
                                       {"/", "/c/devices", "cgroup", "rw,devices"}};
  EXPECT_THAT(usable_hierarchies(mounts, "3:devices:/\n2:cpu,cpuacct:/a\n1:memory:/a/b\n0::/\n"),
              ElementsAre(Hierarchy{1, "/c/memory", "/c/memory/a/b", true, false},
                          Hierarchy{1, "/c/cpu,cpuacct", "/c/cpu,cpuacct/a", false, true},
                          Hierarchy{1, "/c/devices", "/c/devices", false, false}));
}

// In a container the mount shows only a part of the hierarchy, while /proc/self/cgroup speaks of all of it.
TEST(UsableHierarchies, AreReckonedFromWhatIsMounted) {
  const std::vector<MountPoint> mounts{{"/docker/x", "/c/memory", "cgroup", "rw,memory"}};
  EXPECT_THAT(usable_hierarchies(mounts, "1:memory:/docker/x/inner\n"),
              ElementsAre(Hierarchy{1, "/c/memory", "/c/memory/inner", true, false}));
}

std::string text(const std::string& path) {
  return read_file(path).value_or("(none)");
}

class FakeVersion2 : public ::testing::Test {
 protected:
  // A kernel makes these files with the directory. They must be there before they are written.
  void make_files(const std::string& group) {
    fs::create_directories(group);
    for (const char* name : {"cgroup.procs", "memory.max", "memory.swap.max", "cpu.max", "cgroup.kill"}) {
      std::ignore = write_file(group + "/" + name, "");
    }
    std::ignore = write_file(group + "/cgroup.subtree_control", "memory cpu\n");
    std::ignore = write_file(group + "/cgroup.events", "populated 1\nfrozen 0\n");
    std::ignore = write_file(group + "/memory.events", "low 0\noom 1\noom_kill 1\noom_group_kill 0\n");
    std::ignore = write_file(group + "/memory.peak", "12345678\n");
  }
  void SetUp() override {
    for (const char* group : {"", "/boxcar", "/boxcar/run", "/boxcar/run/job"}) make_files(dir.path() + group);
  }
  std::string job(const std::string& file) { return text(dir / ("boxcar/run/job/" + file)); }

  TemporaryDirectory dir;
  RunCgroups groups{{Hierarchy{2, dir.path(), dir.path(), true, true}}, "run"};
};

TEST_F(FakeVersion2, LimitsAreWritten) {
  const auto made = groups.make("job", {std::uint64_t{1} << 30, 1.5}, false);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(job("memory.max"), "1073741824");
  EXPECT_EQ(job("memory.swap.max"), "0");
  EXPECT_EQ(job("cpu.max"), "150000 100000");
  ASSERT_EQ(made->join().size(), 1U);
  EXPECT_EQ(made->runtime_path(), "");
}

TEST_F(FakeVersion2, WithoutLimitsNothingIsWritten) {
  ASSERT_TRUE(groups.make("job", {}, false));
  EXPECT_EQ(job("memory.max") + job("memory.swap.max") + job("cpu.max"), "");
}

TEST_F(FakeVersion2, RuncMakesItsGroupBelow) {
  const auto made = groups.make("job", {}, true);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->runtime_path(), "/boxcar/run/job/runtime");
  EXPECT_THAT(made->join(), IsEmpty());
}

TEST_F(FakeVersion2, UsageAndLifeAreRead) {
  const auto made = groups.make("job", {}, false);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->usage().peak_memory, 12345678U);
  EXPECT_TRUE(made->usage().out_of_memory);
  EXPECT_FALSE(made->empty());
  std::ignore = write_file(dir / "boxcar/run/job/cgroup.events", "populated 0\nfrozen 0\n");
  EXPECT_TRUE(made->empty());
  made->kill();
  EXPECT_EQ(job("cgroup.kill"), "1");
}

TEST_F(FakeVersion2, ControllersThatAreNotGivenAreKnown) {
  groups.open();
  // A kernel would answer with what is in force; a plain file with what was written last.
  EXPECT_EQ(text(dir / "boxcar/run/cgroup.subtree_control").substr(0, 4), "+cpu");
  EXPECT_FALSE(groups.limits_memory());
  EXPECT_FALSE(groups.limits_cpu());
  ASSERT_TRUE(groups.make("job", {std::uint64_t{1} << 30, 1.0}, false)) << "it must run without";
  EXPECT_EQ(job("memory.max") + job("cpu.max"), "");
}

TEST(RunCgroupsTest, WhereNoneMayBeMadeNothingIsLimited) {
  RunCgroups groups({Hierarchy{2, "/proc/nowhere", "/proc/nowhere", true, true}}, "run");
  groups.open();
  EXPECT_FALSE(groups.available());
  auto made = groups.make("job", {std::uint64_t{1} << 30, 1.0}, false);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->known());
  EXPECT_EQ(made->usage().peak_memory, 0U);
  EXPECT_TRUE(made->remove());
}

TEST(RunCgroupsTest, TheEndKillsAndRemovesWhatIsInIt) {
  const auto hierarchies = usable_hierarchies(mount_points().value(), read_file("/proc/self/cgroup").value());
  RunCgroups groups(hierarchies, test_run() + "-end");
  groups.open();
  ASSERT_TRUE(groups.available());
  auto made = groups.make("job", {}, false);
  ASSERT_TRUE(made);
  SpawnOptions options;
  options.argv = {"sleep", "300"};
  const auto child = spawn(options);
  ASSERT_TRUE(child);
  const std::string number = std::to_string(child->pid);
  for (const auto& file : made->join()) ASSERT_TRUE(write_all(file.get(), number));
  EXPECT_FALSE(made->empty());
  EXPECT_FALSE(made->remove());
  EXPECT_TRUE(groups.end(5));
  EXPECT_EQ(wait_for(*child)->signal, SIGKILL);
  EXPECT_TRUE(made->empty());
  EXPECT_EQ(leftovers(test_run() + "-end"), "");
}

}  // namespace
}  // namespace boxcar::testing
