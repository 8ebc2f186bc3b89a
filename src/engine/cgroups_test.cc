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
#include "fakes/child_process.h"

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

// Where an ordinary user stands in a session of systemd's: what lies above user@1000.service is not his.
class Delegated : public ::testing::Test {
 protected:
  void SetUp() override {
    make_group("", false);
    make_group("/user.slice", false);
    make_group("/user.slice/user@1.service", true);
    make_group("/user.slice/user@1.service/app.slice", true);
    make_group("/user.slice/user@1.service/app.slice/x.scope", true);
    make_group("/user.slice/session-2.scope", false);
  }
  void make_group(const std::string& group, bool his) {
    const std::string path = dir.path() + group;
    fs::create_directories(path);
    for (const char* name : {"", "/cgroup.procs", "/cgroup.subtree_control"}) {
      if (*name != '\0') {
        ASSERT_TRUE(write_file(path + name, ""));
      }
      ASSERT_EQ(his ? ::chown((path + name).c_str(), kNobodysUid, kNobodysUid) : 0, 0);
    }
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  }
  // The base that is found from there, below the mount, by a process whose number stands in cgroup.procs if `alone`.
  std::string base_of(const std::string& own, bool alone, bool hybrid = false) {
    return in_child_as_user([&]() -> std::string {
      const std::string procs = std::to_string(::getpid()) + (alone ? "\n" : "\n1\n");
      std::ignore = write_file(dir.path() + own + "/cgroup.procs", procs);
      std::vector<MountPoint> mounts{{"/", dir.path(), "cgroup2", "rw"}};
      if (hybrid) mounts.push_back({"/", "/c/memory", "cgroup", "rw,memory"});
      const auto found = delegated_hierarchies(mounts, "0::" + own + "\n");
      return found.empty() ? "none" : found.front().base.substr(dir.path().size());
    });
  }
  TemporaryDirectory dir;
};

TEST_F(Delegated, AGroupOfOnesOwnIsTaken) {
  EXPECT_EQ(base_of("/user.slice/user@1.service/app.slice/x.scope", true),
            "/user.slice/user@1.service/app.slice/x.scope");
}

TEST_F(Delegated, BesideOthersItIsTheTopmost) {
  EXPECT_EQ(base_of("/user.slice/user@1.service/app.slice/x.scope", false), "/user.slice/user@1.service");
}

TEST_F(Delegated, OthersGroupsAreNot) {
  EXPECT_EQ(base_of("/user.slice/session-2.scope", true), "none");
  EXPECT_EQ(base_of("/user.slice/user@1.service/app.slice/x.scope", true, true), "none") << "a hybrid";
}

TEST_F(Delegated, TheRunnerStepsAsideAndRuncIsToldTheWholePath) {
  const std::string base = dir.path() + "/user.slice/user@1.service/app.slice/x.scope";
  ASSERT_TRUE(write_file(base + "/cgroup.type", "domain\n"));
  ASSERT_TRUE(write_file(base + "/cgroup.procs", std::to_string(::getpid()) + "\n"));
  fs::create_directories(base + "/boxcar-runner");
  ASSERT_TRUE(write_file(base + "/boxcar-runner/cgroup.procs", ""));
  RunCgroups groups({Hierarchy{2, dir.path(), base, true, true}}, "run");
  groups.open();
  EXPECT_EQ(text(base + "/boxcar-runner/cgroup.procs"), "0");
  EXPECT_EQ(text(base + "/cgroup.subtree_control").substr(0, 4), "+cpu") << "handed down after that";
  const auto made = groups.make("job", {}, true);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->runtime_path(), "/user.slice/user@1.service/app.slice/x.scope/boxcar/run/job/runtime");
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

// Until it is waited for it counts as one of the topmost group, whose peak is the machine's.
TEST(ForeignCgroupTest, OfAProcessThatIsOverThereIsNone) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(ForeignCgroup::of(child));
  ::waitpid(child, nullptr, 0);
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
