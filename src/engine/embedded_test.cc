// What a container is, seen from inside, with each runtime.
#include "engine/embedded.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>

#include "base/fd.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class EmbeddedTest : public ::testing::TestWithParam<const char*> {
 protected:
  EngineFixture on{GetParam()};
};

TEST_P(EmbeddedTest, TheNameSaysWhichRuntime) {
  EXPECT_THAT(on.engine->name(), AllOf(StartsWith("embedded ("), HasSubstr(GetParam())));
}

// A file system that is mounted below what the container gets comes along.
TEST_P(EmbeddedTest, DevicesBelowAMountCannotBeOpened) {
  const std::string below = on.scratch / "in/below";
  fs::create_directories(below);
  ASSERT_EQ(::mount("boxcar-test", below.c_str(), "tmpfs", 0, nullptr), 0);
  ASSERT_EQ(::mknod((below + "/zero").c_str(), S_IFCHR | 0666, makedev(1, 5)), 0);
  for (const bool writable : {false, true}) {
    const auto seen = on.run(make_shell("ls /data/below; head -c 1 /data/below/zero"),
                             {{on.scratch / "in", "/data", writable, true}});
    EXPECT_EQ(seen.out, "zero\n") << seen.ending.engine_error;
    EXPECT_THAT(seen.err, HasSubstr("Permission denied"));
  }
  EXPECT_EQ(::umount2(below.c_str(), MNT_DETACH), 0);
}

TEST_P(EmbeddedTest, SecretsAreVariablesInPlaceOfTheImages) {
  auto action = make_shell("echo \"$TOKEN|$KEY|$PLAIN\"; ulimit -c; env | grep -c TOKEN");
  action->env = {"PATH=/bin", "PLAIN=of the action", "TOKEN=of the image"};
  Job job = on.job(action);
  const JobId id = job.id;
  std::vector<Secret> secrets;
  secrets.push_back({"KEY", "two\nlines \"quoted\" \\ \u00e9\t"});
  secrets.push_back({"TOKEN", "of the caller"});
  job.secrets = Secrets(std::move(secrets));
  ASSERT_TRUE(on.engine->start(std::move(job)));
  EXPECT_EQ(on.sink.wait(id).out, "of the caller|two\nlines \"quoted\" \\ \u00e9\t|of the action\n0\n1\n");
}

// A symlink that leads out of the image leads to a place inside of it; crun refuses where that is not there.
TEST_P(EmbeddedTest, MountPointsAreNotMadeThroughSymlinksOut) {
  const std::string victim = on.scratch / "victim";
  fs::create_directories(on.scratch / "in");
  fs::create_directories(victim);
  fs::create_directories(on.layers[0] + victim);
  fs::create_symlink(victim, on.layers[0] + "/absolute");
  fs::create_symlink("../../../../../../../.." + victim, on.layers[0] + "/climbing");
  fs::create_symlink(on.scratch / "nowhere", on.layers[0] + "/dangling");
  for (const char* target : {"/absolute/made", "/climbing/made", "/dangling/made"}) {
    const auto seen = on.run(make_shell("true"), {{on.scratch / "in", target, true, true}});
    if (target != std::string("/dangling/made")) {
      EXPECT_EQ(seen.ending.exit_code, 0) << seen.ending.engine_error;
    }
    EXPECT_TRUE(fs::is_empty(victim)) << target;
    EXPECT_FALSE(fs::exists(on.scratch / "nowhere")) << target;
  }
}

TEST_P(EmbeddedTest, MountPointsOfAnotherEngineAreNotSeen) {
  EngineFixture other(GetParam());
  fs::create_directories(other.scratch / "in");
  EXPECT_EQ(other.run(make_shell("test -e /there"), {{other.scratch / "in", "/there", true, true}}).ending.exit_code,
            0);
  EXPECT_EQ(on.shell("test ! -e /there").ending.exit_code, 0);
}

// An image made by debootstrap carries whatever /etc/resolv.conf its maker's machine had.
TEST_P(EmbeddedTest, ADanglingResolvConfIsReplaced) {
  fs::create_symlink("../run/systemd/resolve/stub-resolv.conf", on.layers[0] + "/etc/resolv.conf");
  fs::create_symlink("/nowhere/hosts", on.layers[0] + "/etc/hosts");
  const auto seen = on.shell("cat /etc/hosts");
  EXPECT_THAT(seen.out, HasSubstr("boxcar")) << seen.ending.engine_error;
}

TEST_P(EmbeddedTest, NetworkIsTheHostsOrNone) {
  auto action = make_shell(
      "readlink /proc/self/ns/net; ip link | grep -c mtu; ip link show lo | grep -c UP; test -e /etc/resolv.conf && "
      "echo resolver");
  const std::string host = fs::read_symlink("/proc/self/ns/net");
  EXPECT_THAT(on.run(action).out, StartsWith(host + "\n"));
  action->network = false;
  const auto none = on.run(action);
  EXPECT_THAT(none.out, Not(HasSubstr(host)));
  EXPECT_THAT(none.out, ::testing::EndsWith("\n1\n1\n")) << none.err;
}

TEST_P(EmbeddedTest, SecretsOfTheKernelAreMasked) {
  ASSERT_FALSE(read_file("/proc/interrupts").value().empty());
  ASSERT_FALSE(read_file("/proc/timer_list").value().empty());
  const auto seen = on.shell(
      "wc -c < /proc/interrupts; wc -c < /proc/timer_list; ls /sys/firmware | wc -l;"
      "echo 1 > /proc/sys/vm/drop_caches; mkdir /sys/fs/x; exit 0");
  EXPECT_EQ(seen.out, "0\n0\n0\n");
  EXPECT_THAT(seen.err, AllOf(HasSubstr("drop_caches: Read-only"), HasSubstr("'/sys/fs/x': Read-only")));
}

TEST_P(EmbeddedTest, DevicesAndFileSystemsAreTheUsual) {
  const auto seen = on.shell(
      "for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; mount | sed -n 's/^[^ ]* on "
      "\\([^ ]*\\) type \\([^ ]*\\).*/\\1 \\2/p' | grep -E '^/( |proc |sys |dev |dev/pts|dev/shm|dev/mqueue)' | sort");
  EXPECT_EQ(seen.out,
            "/ overlay\n/dev tmpfs\n/dev/mqueue mqueue\n/dev/pts devpts\n/dev/shm tmpfs\n/proc proc\n/sys sysfs\n");
  EXPECT_THAT(on.shell("df -k /dev/shm | tail -1").out, HasSubstr("65536"));
}

TEST_P(EmbeddedTest, WhatCannotBeRunIsSaidInWords) {
  const std::string bin = on.layers[0] + "/bin/";
  std::ignore = write_file(bin + "plain", "echo", 0644);
  std::ignore = write_file(bin + "script", "#!/usr/bin/python2 -u\n", 0755);
  std::ignore = write_file(bin + "dos", "#!/bin/sh\r\necho\r\n", 0755);
  std::ignore = write_file(bin + "text", "echo hello\n", 0755);
  const auto why = [&](const std::string& name) { return on.run(make_action({name})).ending.engine_error; };
  EXPECT_EQ(why("/kliko"), "there is no /kliko in the image docker.io/test/busybox:latest");
  EXPECT_THAT(why("nothing"), HasSubstr("'nothing' is not in the image docker.io/test/busybox:latest (PATH is /bin)"));
  EXPECT_THAT(why("/bin/plain"), HasSubstr("is not an executable file"));
  EXPECT_THAT(why("/bin"), HasSubstr("is not an executable file"));
  EXPECT_THAT(why("script"), HasSubstr("needs /usr/bin/python2, which is not in the image"));
  EXPECT_THAT(why("/bin/dos"), HasSubstr("line ends of Windows"));
  EXPECT_THAT(why("/bin/text"), HasSubstr("neither a program nor a script"));
  fs::copy_file("/bin/cat", bin + "dynamic");
  EXPECT_THAT(why("dynamic"), HasSubstr("needs /lib64/ld-linux"));
}

TEST_P(EmbeddedTest, WhatTheRuntimeRefusesIsTheEnginesError) {
  const auto seen = on.run(make_shell("true"), {{on.scratch / "not-there", "/input", false, true}});
  EXPECT_THAT(seen.ending.engine_error, AllOf(StartsWith("the container could not be run: "), HasSubstr("not-there")));
  EXPECT_FALSE(seen.ending.succeeded());
}

TEST_P(EmbeddedTest, AHundredLayers) {
  const std::string base = on.layers[0];
  on.layers.clear();
  for (int i = 0; i < 100; ++i) {
    const std::string layer = on.scratch / ("layers/" + std::string(64, 'a') + std::to_string(i));
    fs::create_directories(layer);
    std::ignore = write_file(layer + "/f" + std::to_string(i), "");
    on.layers.push_back(layer);
  }
  on.layers.push_back(base);
  EXPECT_EQ(on.shell("ls /f* | wc -l").out, "100\n");
}

INSTANTIATE_TEST_SUITE_P(Runtimes, EmbeddedTest, ::testing::Values("crun", "runc"),
                         [](const auto& run) { return std::string(run.param); });

}  // namespace
}  // namespace boxcar::testing
