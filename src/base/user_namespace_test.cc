#include "base/user_namespace.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/fd.h"
#include "base/mounts.h"
#include "base/overlay.h"
#include "fakes/child_process.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(IdMap, IsReadAsTheKernelWritesIt) {
  EXPECT_THAT(parse_id_map("         0       1000          1\n         1     100000      65536\n"),
              ElementsAre(IdRange{0, 1000, 1}, IdRange{1, 100000, 65536}));
  EXPECT_THAT(parse_id_map("         0          0 4294967295\n"), ElementsAre(IdRange{0, 0, 4294967295}));
  EXPECT_THAT(parse_id_map("\n0 1\nx y z\n"), IsEmpty());
}

TEST(SubordinateIds, AreTheUsersByNameOrNumber) {
  const std::string text = "root:1:2\nann:100000:65536\n\n1000:300000:10\nann:x:1\nann:5:0\nannabel:200000:65536\n";
  EXPECT_THAT(subordinate_ids(text, "ann", 1000), ElementsAre(IdRange{1, 100000, 65536}, IdRange{65537, 300000, 10}));
  EXPECT_THAT(subordinate_ids(text, "bob", 1001), IsEmpty());
  EXPECT_THAT(subordinate_ids(":1:2\n", "", 1001), IsEmpty()) << "who is on no list has no name";
}

TEST(WhatForbids, IsSaidWithWhatToDo) {
  const TemporaryDirectory dir;
  EXPECT_EQ(what_forbids_user_namespaces(dir.path()), "");
  for (const char* name : {"kernel", "user"}) fs::create_directory(dir / name);
  const auto set = [&](const std::string& name, const std::string& value) {
    ASSERT_TRUE(write_file(dir / name, value + "\n"));
  };
  set("kernel/apparmor_restrict_unprivileged_userns", "0");
  set("kernel/unprivileged_userns_clone", "1");
  set("user/max_user_namespaces", "100");
  EXPECT_EQ(what_forbids_user_namespaces(dir.path()), "");
  set("kernel/apparmor_restrict_unprivileged_userns", "1");
  EXPECT_THAT(what_forbids_user_namespaces(dir.path()), HasSubstr("apparmor_parser -r /etc/apparmor.d/boxcar"));
  set("user/max_user_namespaces", "0");
  EXPECT_THAT(what_forbids_user_namespaces(dir.path()), HasSubstr("sysctl -w user.max_user_namespaces="));
  set("kernel/unprivileged_userns_clone", "0");
  EXPECT_THAT(what_forbids_user_namespaces(dir.path()), HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
}

TEST(RootItself, NeedsNoUserNamespace) {
  if (::geteuid() != 0 || rootless()) GTEST_SKIP();
  EXPECT_TRUE(enter_user_namespace());
  EXPECT_FALSE(rootless());
  EXPECT_EQ(id_map_name(), "");
  EXPECT_EQ(outside_uid(), 0U);
}

class AsUser : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"low", "low/dir", "up", "work", "at"}) {
      fs::create_directory(at(name));
      ASSERT_EQ(::chown(at(name).c_str(), kNobodysUid, kNobodysUid), 0);
    }
    ASSERT_EQ(::chown(dir_.path().c_str(), kNobodysUid, kNobodysUid), 0);
  }
  std::string at(const std::string& name) const { return dir_ / name; }

  const TemporaryDirectory dir_;
};

TEST_F(AsUser, HeIsRootInside) {
  EXPECT_EQ(in_child_as_user([&]() -> std::string {
              if (!rootless()) return "taken for root before";
              if (auto done = enter_private_mounts(); !done) return done.error().text();
              if (::geteuid() != 0 || !rootless()) return "not root of a namespace";
              if (outside_uid() != kNobodysUid || outside_gid() != kNobodysUid) return "who he is was lost";
              if (!has_one_id() || why_one_id().find("/etc/subuid") == std::string::npos) return why_one_id();
              if (id_map_name().empty()) return "it has no name";
              if (!enter_user_namespace()) return "once is enough";
              return write_file(at("mine"), "") ? "" : "could not write";
            }),
            "");
  struct stat info {};
  ASSERT_EQ(::stat(at("mine").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, kNobodysUid);
}

TEST_F(AsUser, OverlaysWorkAndSayOtherwiseWhatIsOpaque) {
  EXPECT_EQ(in_child_as_user([&]() -> std::string {
              if (auto done = enter_private_mounts(); !done) return done.error().text();
              std::ignore = write_file(at("low/dir/hidden"), "");
              std::ignore = write_file(at("low/gone"), "");
              if (::mknod(at("up/gone").c_str(), S_IFCHR, makedev(0, 0)) != 0) return "no whiteout";
              fs::create_directory(at("up/dir"));
              if (::setxattr(at("up/dir").c_str(), opaque_xattr(), "y", 1, 0) != 0) return "not marked";
              if (auto done = mount_overlay({{at("low")}, at("up"), at("work"), at("at"), false, true}); !done)
                return done.error().text();
              if (!write_file(at("at/new"), "")) return "could not write";
              return fs::exists(at("at/dir/hidden")) || fs::exists(at("at/gone")) ? "it shows through" : "";
            }),
            "");
  EXPECT_TRUE(fs::exists(at("up/new")));
}

TEST_F(AsUser, HybridsAreCovered) {
  EXPECT_EQ(in_child_as_user([]() -> std::string {
              if (auto done = enter_private_mounts(); !done) return done.error().text();
              const auto mounts = mount_points();
              std::string version_2;
              bool covered = true;
              for (const auto& mount : *mounts) {
                if (mount.type == "cgroup2") version_2 = mount.target;
                if (mount.type == "cgroup") covered = false;
                if (mount.type == "tmpfs" && mount.target == version_2) covered = true;
              }
              return covered || version_2.empty() ? "" : version_2;
            }),
            "");
}

TEST_F(AsUser, ThreadsAreTooEarly) {
  EXPECT_THAT(in_child_as_user([]() -> std::string {
                std::thread waits([] { ::pause(); });
                waits.detach();
                const auto entered = enter_user_namespace();
                return entered ? "entered" : entered.error().text();
              }),
              HasSubstr("entering a user namespace"));
}

}  // namespace
}  // namespace boxcar
