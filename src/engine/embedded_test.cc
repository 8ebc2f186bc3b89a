// What a container is, seen from inside, with each runtime.
#include "engine/embedded.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

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

TEST_P(EmbeddedTest, ExitCodesAreTheContainers) {
  const auto good = on.shell("echo out; echo err >&2");
  EXPECT_EQ(good.ending.engine_error, "");
  EXPECT_EQ(good.ending.exit_code, 0);
  EXPECT_TRUE(good.ending.succeeded());
  EXPECT_EQ(good.out, "out\n");
  EXPECT_EQ(good.err, "err\n");
  EXPECT_EQ(good.started, 1);
  EXPECT_EQ(good.ended, 1);
  EXPECT_FALSE(good.after_end);
  EXPECT_GT(good.ending.seconds, 0.0005);
  const auto bad = on.shell("exit 7");
  EXPECT_EQ(bad.ending.exit_code, 7);
  EXPECT_EQ(bad.ending.engine_error, "");
}

TEST_P(EmbeddedTest, ASignalIs128AndItsNumber) {
  EXPECT_EQ(on.shell("sh -c 'kill -SEGV $$'; exit $?").ending.exit_code, 139);
}

TEST_P(EmbeddedTest, TheNameSaysWhichRuntime) {
  EXPECT_THAT(on.engine->name(), AllOf(StartsWith("embedded ("), HasSubstr(GetParam())));
}

TEST_P(EmbeddedTest, TheEnvironmentIsExactlyTheActions) {
  ::setenv("BOXCAR_TEST_LEAK", "1", 1);
  auto action = make_action({"/bin/busybox", "env"});
  action->env = {"A=1", "EMPTY=", "HOME=/nowhere", "LINES=one\ntwo", "PATH=/bin", "QUOTES=\"'\\ ü"};
  EXPECT_EQ(on.run(action).out, "A=1\nEMPTY=\nHOME=/nowhere\nLINES=one\ntwo\nPATH=/bin\nQUOTES=\"'\\ ü\n");
}

TEST_P(EmbeddedTest, ArgumentsArriveAsTheyAre) {
  EXPECT_EQ(on.run(make_action({"printf", "%s|", "a b", "", "\"$x\"", "\t\x01", "ü"})).out, "a b||\"$x\"|\t\x01|ü|");
}

TEST_P(EmbeddedTest, UserAndGroupsAreTheImages) {
  auto action = make_action({"id"});
  const auto id = [&](const std::string& user) {
    action->user = user;
    return on.run(action).out;
  };
  EXPECT_THAT(id(""), StartsWith("uid=0(root) gid=0(root)"));
  EXPECT_EQ(id("worker"), "uid=1000(worker) gid=1001(worker) groups=1001(worker),2000(data),3000(last)\n");
  EXPECT_EQ(id("1000"), "uid=1000(worker) gid=1001(worker) groups=1001(worker),2000(data),3000(last)\n");
  EXPECT_EQ(id("worker:data"), "uid=1000(worker) gid=2000(data) groups=2000(data)\n");
  EXPECT_THAT(id("4711"), StartsWith("uid=4711 gid=0(root)"));
  EXPECT_EQ(id("4711:4712"), "uid=4711 gid=4712 groups=4712\n");
}

TEST_P(EmbeddedTest, AnUnknownUserIsSaidSo) {
  auto action = make_action({"id"});
  action->user = "nobody-here";
  EXPECT_THAT(on.run(action).ending.engine_error,
              HasSubstr("the image's user 'nobody-here' is not in its /etc/passwd"));
}

TEST_P(EmbeddedTest, AnOrdinaryUserMayReopenItsOutput) {
  auto action = make_shell("echo a > /dev/stdout; echo b > /dev/stderr");
  action->user = "worker";
  const auto seen = on.run(action);
  EXPECT_EQ(seen.out, "a\n");
  EXPECT_EQ(seen.err, "b\n");
}

TEST_P(EmbeddedTest, TheWorkingDirectoryIsMade) {
  auto action = make_action({"pwd"});
  action->working_dir = "/made/for/this";
  EXPECT_EQ(on.run(action).out, "/made/for/this\n");
}

TEST_P(EmbeddedTest, StandardInputIsEmpty) {
  EXPECT_EQ(on.shell("cat; echo end").out, "end\n");
}

TEST_P(EmbeddedTest, HostNameAndUmaskAreFixed) {
  ::umask(077);
  const auto seen = on.shell("hostname; umask; touch /tmp-file; stat -c %a /tmp-file; cat /proc/sys/kernel/domainname");
  ::umask(022);
  EXPECT_EQ(seen.out, "boxcar\n0022\n644\n(none)\n");
  EXPECT_THAT(on.shell("cat /etc/hosts").out, HasSubstr("boxcar"));
}

TEST_P(EmbeddedTest, TheImageIsNeverWritten) {
  const auto seen =
      on.shell("echo changed > /etc/passwd; rm /bin/cat; echo new > /new; exec cat /etc/passwd /new 2>&1");
  EXPECT_THAT(seen.ending.engine_error + seen.out + seen.err, Not(HasSubstr("worker")));
  EXPECT_THAT(on.shell("cat /etc/passwd; ls /").out, AllOf(HasSubstr("worker"), Not(HasSubstr("new"))));
}

TEST_P(EmbeddedTest, InputsAreReadOnlyAndOutputsWritable) {
  fs::create_directories(on.scratch / "in/sub");
  fs::create_directories(on.scratch / "out");
  ::chmod((on.scratch / "out").c_str(), 0777);
  std::ignore = write_file(on.scratch / "in/data", "data");
  std::ignore = write_file(on.scratch / "parameters", "{}");
  const std::vector<Mount> mounts{{on.scratch / "in", "/input", false, true},
                                  {on.scratch / "out", "/deep/er/output", true, true},
                                  {on.scratch / "parameters", "/parameters.json", false, false}};
  auto action = make_shell(
      "cat /input/data /parameters.json; echo x > /input/data; touch /input/sub/x; echo y > /parameters.json;"
      "mount -o remount,rw /input; echo result > /deep/er/output/file");
  for (const char* user : {"", "worker"}) {
    action->user = user;
    const auto seen = on.run(action, mounts);
    EXPECT_EQ(seen.out, "data{}");
    EXPECT_EQ(seen.ending.exit_code, 0) << seen.err;
    EXPECT_EQ(read_file(on.scratch / "out/file").value(), "result\n");
    EXPECT_EQ(read_file(on.scratch / "in/data").value(), "data");
    EXPECT_FALSE(fs::exists(on.scratch / "in/sub/x"));
    EXPECT_EQ(read_file(on.scratch / "parameters").value(), "{}");
    fs::remove(on.scratch / "out/file");
  }
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

TEST_P(EmbeddedTest, PrivilegesAreFew) {
  const auto seen = on.shell("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status");
  // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
  EXPECT_EQ(
      seen.out,
      "CapInh:\t0000000000000000\nCapPrm:\t00000000800405fb\nCapEff:\t00000000800405fb\nCapBnd:\t00000000800405fb\n"
      "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_P(EmbeddedTest, AnOrdinaryUserHasNoCapabilities) {
  auto action = make_shell("grep CapEff /proc/self/status");
  action->user = "worker";
  EXPECT_EQ(on.run(action).out, "CapEff:\t0000000000000000\n");
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

TEST_P(EmbeddedTest, NoDeviceOfTheHostCanBeOpened) {
  const auto seen = on.shell(
      "mknod /dev/disk b 254 0; mknod /disk b 254 0; ls /dev; cat /dev/null; head -c4 /dev/zero | wc -c; mount -t "
      "tmpfs x /bin; unshare -m true");
  EXPECT_THAT(seen.out, AllOf(Not(HasSubstr("disk")), Not(HasSubstr("vda")), HasSubstr("4\n")));
  EXPECT_NE(seen.ending.exit_code, 0);
  EXPECT_THAT(seen.err, AllOf(HasSubstr("mknod: /dev/disk: Operation not permitted"), HasSubstr("unshare")));
}

TEST_P(EmbeddedTest, DevicesAndFileSystemsAreTheUsual) {
  const auto seen = on.shell(
      "for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d; done; mount | sed -n 's/^[^ ]* on "
      "\\([^ ]*\\) type \\([^ ]*\\).*/\\1 \\2/p' | grep -E '^/( |proc |sys |dev |dev/pts|dev/shm|dev/mqueue)' | sort");
  EXPECT_EQ(seen.out,
            "/ overlay\n/dev tmpfs\n/dev/mqueue mqueue\n/dev/pts devpts\n/dev/shm tmpfs\n/proc proc\n/sys sysfs\n");
  EXPECT_THAT(on.shell("df -k /dev/shm | tail -1").out, HasSubstr("65536"));
}

TEST_P(EmbeddedTest, ProcessesSeeOnlyTheirOwn) {
  EXPECT_EQ(on.shell("echo $$; ls /proc | grep -c '^[0-9]*$'").out.substr(0, 2), "1\n");
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

TEST_P(EmbeddedTest, WhatIsNotUtf8IsRefused) {
  EXPECT_THAT(on.run(make_action({"echo", "\xff"})).ending.engine_error, HasSubstr("not UTF-8"));
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
