#include "base/mounts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/fd.h"
#include "fakes/child_process.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

namespace fs = std::filesystem;

// A mount namespace cannot be left again: each test enters one in a process of its own. Gives what went wrong, or "".
std::string in_namespace(const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    const auto entered = enter_private_mounts();
    return entered ? body() : entered.error().text();
  });
}

class MountsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"low", "up", "work", "at"}) fs::create_directory(root_ + "/" + name);
    std::ignore = write_file(root_ + "/low/file", "low");
    fs::create_directory(root_ + "/low/dir");
    std::ignore = write_file(root_ + "/low/dir/inside", "x");
  }
  std::string at(const std::string& name) const { return root_ + "/" + name; }
  Overlay overlay() const { return {{at("low")}, at("up"), at("work"), at("at"), false, false}; }

  const TemporaryDirectory temporary_;
  const std::string root_ = temporary_.path();
};

TEST_F(MountsTest, MountsAreSeenInsideOnly) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_overlay(overlay()); !done) return done.error().text();
              return fs::exists(at("at/file")) ? "" : "no file";
            }),
            "");
  EXPECT_FALSE(fs::exists(at("at/file")));
  EXPECT_FALSE(in_private_mounts());
}

TEST_F(MountsTest, WritingGoesToTheUpperDirectory) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              auto o = overlay();
              o.scratch = true;
              if (auto done = mount_overlay(o); !done) return done.error().text();
              if (auto done = write_file(at("at/file"), "new"); !done) return done.error().text();
              const auto mounts = mount_points();
              return mounts.value().back().options.find("volatile") != std::string::npos ? "" : "it would be synced";
            }),
            "");
  EXPECT_EQ(read_file(at("low/file")).value(), "low");
  EXPECT_EQ(read_file(at("up/file")).value(), "new");
}

TEST_F(MountsTest, WithoutUpperItIsReadOnly) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              Overlay o{{at("low"), at("up")}, "", "", at("at"), false, false};
              if (auto done = mount_overlay(o); !done) return done.error().text();
              return write_file(at("at/file"), "new") ? "could write" : "";
            }),
            "");
}

TEST_F(MountsTest, RedirectDirLetsALowerDirectoryBeRenamed) {
  const auto rename_works = [&](bool redirect) {
    return in_namespace([&]() -> std::string {
      auto o = overlay();
      o.redirect_dir = redirect;
      if (auto done = mount_overlay(o); !done) return done.error().text();
      return ::rename(at("at/dir").c_str(), at("at/moved").c_str()) == 0 && fs::exists(at("at/moved/inside")) ? ""
                                                                                                              : "no";
    });
  };
  EXPECT_EQ(rename_works(true), "");
  EXPECT_TRUE(fs::exists(at("low/dir/inside")));
}

TEST_F(MountsTest, TwoHundredLayersWithLongNames) {
  Overlay o = overlay();
  o.lower.clear();
  for (int i = 0; i < 200; ++i) {
    const std::string layer = at(std::string(150, 'l') + std::to_string(i));
    fs::create_directory(layer);
    std::ignore = write_file(layer + "/f" + std::to_string(i), "");
    std::ignore = write_file(layer + "/all", std::to_string(i));
    o.lower.push_back(layer);
  }
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_overlay(o); !done) return done.error().text();
              for (int i = 0; i < 200; ++i) {
                if (!fs::exists(at("at/f" + std::to_string(i)))) return "layer " + std::to_string(i) + " is missing";
              }
              return read_file(at("at/all")).value() == "0" ? "" : "the first named is not on top";
            }),
            "");
}

TEST_F(MountsTest, NamesMayHoldSeparators) {
  Overlay o = overlay();
  o.lower = {at("a:b,c\\d e")};
  fs::create_directory(o.lower[0]);
  std::ignore = write_file(o.lower[0] + "/file", "");
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_overlay(o); !done) return done.error().text();
              return fs::exists(at("at/file")) ? "" : "no file";
            }),
            "");
}

TEST_F(MountsTest, DeviceNodesDoNotWork) {
  ASSERT_EQ(::mknod(at("low/null").c_str(), S_IFCHR | 0666, makedev(1, 3)), 0);
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_overlay(overlay()); !done) return done.error().text();
              return open_file(at("at/null"), O_RDONLY) ? "opened" : "";
            }),
            "");
}

TEST_F(MountsTest, UnmountTakesItAway) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_tmpfs(at("at")); !done) return done.error().text();
              std::ignore = write_file(at("at/secret"), "");
              if (auto done = unmount(at("at")); !done) return done.error().text();
              return fs::exists(at("at/secret")) ? "still there" : "";
            }),
            "");
}

TEST_F(MountsTest, NoHybridIsLeft) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              bool one = false;
              bool two = false;
              const auto mounts = mount_points();
              for (const auto& mount : mounts.value()) {
                one = one || mount.type == "cgroup";
                two = two || mount.type == "cgroup2";
              }
              return one && two ? "both" : "";
            }),
            "");
}

TEST_F(MountsTest, MountPointsWithBlanksAreRead) {
  fs::create_directory(at("a b"));
  EXPECT_EQ(in_namespace([&]() -> std::string {
              if (auto done = mount_tmpfs(at("a b")); !done) return done.error().text();
              const auto mounts = mount_points();
              for (const auto& mount : mounts.value()) {
                if (mount.target == at("a b") && mount.type == "tmpfs" && mount.root == "/") return "";
              }
              return "not listed";
            }),
            "");
}

TEST_F(MountsTest, AMissingDirectoryIsNamed) {
  EXPECT_EQ(in_namespace([&]() -> std::string {
              auto o = overlay();
              o.lower.push_back(at("nowhere"));
              const auto done = mount_overlay(o);
              if (done) return "mounted";
              return done.error().text().find("nowhere") != std::string::npos ? "" : done.error().text();
            }),
            "");
}

}  // namespace
}  // namespace boxcar
