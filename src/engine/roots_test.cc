#include "engine/roots.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>

#include "base/fd.h"
#include "base/mounts.h"
#include "engine/mount_places.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

namespace fs = std::filesystem;

class RootsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(lower_[0] + "/etc");
    ASSERT_TRUE(write_file(lower_[0] + "/etc/there", "of the image"));
    give_back(take());  // the first, which is not kept: a run of one step has no use for it
  }

  Roots::Root take() {
    scratch_ = directory_ / ("scratch" + std::to_string(++count_));
    auto root = roots_.take(lower_, scratch_);
    EXPECT_TRUE(root) << root.error().text();
    return *std::move(root);
  }
  void give_back(Roots::Root root) { EXPECT_TRUE(roots_.give_back(root, scratch_, directory_ / "shared")); }

  // Whether the root in which `write` was called serves again.
  template <typename Write>
  bool serves_again_after(const Write& write) {
    auto root = take();
    const std::string target = root.target;
    write(target);
    give_back(std::move(root));
    auto next = take();
    const bool again = next.target == target;
    EXPECT_FALSE(exists(next.target + "/new"));
    EXPECT_EQ(read_file(next.target + "/etc/there").value(), "of the image");
    struct stat info {};
    EXPECT_EQ(::stat(next.target.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0755U);
    give_back(std::move(next));
    return again;
  }

  TemporaryDirectory directory_;
  const std::vector<std::string> lower_{directory_ / "layer"};
  Roots roots_{directory_ / "targets"};
  std::string scratch_;
  int count_ = 0;
};

TEST_F(RootsTest, ServesAgainWhenNobodyWrote) {
  EXPECT_TRUE(serves_again_after([](const std::string& root) { (void)read_file(root + "/etc/there"); }));
}

TEST_F(RootsTest, ServesOnceWhenSomebodyWrote) {
  EXPECT_FALSE(serves_again_after([](const std::string& root) { (void)write_file(root + "/new", "text"); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { (void)write_file(root + "/etc/there", "other"); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { ::unlink((root + "/etc/there").c_str()); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { ::chmod(root.c_str(), 0700); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { ::chmod((root + "/etc").c_str(), 0700); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { EXPECT_EQ(::chown(root.c_str(), 1, 2), 0); }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) {
    ::usleep(20000);  // longer than the grain of any kernel's time stamps
    ASSERT_TRUE(write_file(root + "/new", "text"));
    ::unlink((root + "/new").c_str());
  }));
  EXPECT_FALSE(serves_again_after([](const std::string& root) { ::setxattr(root.c_str(), "user.x", "y", 1, 0); }));
}

TEST_F(RootsTest, LeavesWhatWasWrittenInTheDirectory) {
  give_back(take());  // kept, in `shared`
  auto root = take();
  ASSERT_TRUE(write_file(root.target + "/new", "text"));
  give_back(std::move(root));
  EXPECT_EQ(read_file(scratch_ + "/upper/new").value(), "text");
}

TEST(Roots, LeavesNothingMountedBehind) {
  TemporaryDirectory directory;
  fs::create_directories(directory / "layer");
  {
    Roots roots(directory / "targets");
    for (int i = 0; i < 3; ++i) {
      auto root = roots.take({directory / "layer"}, directory / std::to_string(i));
      ASSERT_TRUE(root);
      EXPECT_TRUE(roots.give_back(*root, directory / std::to_string(i), directory / "shared"));
    }
  }
  EXPECT_FALSE(exists(directory / "shared"));
  const auto mounts = mount_points();
  for (const auto& mount : *mounts) EXPECT_FALSE(mount.target.starts_with(directory.path())) << mount.target;
}

TEST(Roots, KeepNoMoreThanWereNeededAtOnce) {
  TemporaryDirectory directory;
  Roots roots(directory / "targets");
  for (int i = 0; i < 20; ++i) {
    const std::string layer = directory / ("layer" + std::to_string(i));
    fs::create_directories(layer);
    auto root = roots.take({layer}, directory / std::to_string(i));
    ASSERT_TRUE(root);
    EXPECT_TRUE(roots.give_back(*root, directory / std::to_string(i), directory / "shared"));
  }
  const auto mounts = mount_points();
  EXPECT_EQ(std::count_if(mounts->begin(), mounts->end(),
                          [&](const MountPoint& mount) { return mount.target.starts_with(directory.path()); }),
            1);
}

TEST(MountPlaces, HoldWhatTheImageLacks) {
  TemporaryDirectory directory;
  TemporaryDirectory memory;
  ASSERT_TRUE(mount_tmpfs(memory.path()));
  const std::string layer = directory / "layer";
  for (const char* there : {"/proc", "/dev", "/sys", "/real"}) fs::create_directories(layer + there);
  fs::create_directory_symlink("/real", layer + "/link");
  ::chmod((layer + "/real").c_str(), 0711);
  Image image;
  const auto layer_for = [&](const std::vector<Mount>& mounts) {
    MountPlaces places(memory / std::to_string(mounts.size()) + mounts[0].target);
    std::string made = places.layer(image, {layer}, mounts);
    EXPECT_EQ(places.layer(image, {layer}, mounts), made);
    return made;
  };
  EXPECT_EQ(layer_for({{"", "/real", false, true}, {"", "/link", false, true}}), "");
  const std::string made =
      layer_for({{"", "/link/a/file", false, false}, {"", "/input", false, true}, {"", "/proc", false, true}});
  EXPECT_TRUE(fs::is_directory(made + "/input"));
  EXPECT_TRUE(fs::is_regular_file(made + "/real/a/file"));
  struct stat info {};
  EXPECT_EQ(::stat((made + "/real").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0711U);
  EXPECT_FALSE(exists(layer + "/real/a"));
  ASSERT_TRUE(unmount(memory.path()));
}

TEST(ContainersOneAfterAnother, SeeNothingOfEachOther) {
  for (const char* runtime : {"crun", "runc"}) {
    EngineFixture on(runtime);
    EXPECT_EQ(on.shell("true").ending.exit_code, 0);
    EXPECT_EQ(on.shell("true").ending.exit_code, 0);
    EXPECT_EQ(on.shell("echo mine >/mine; echo x >>/etc/passwd").ending.exit_code, 0);
    const auto seen = on.shell("cat /mine; cat /etc/passwd");
    EXPECT_THAT(seen.err, ::testing::HasSubstr("/mine"));
    EXPECT_THAT(seen.out, ::testing::Not(::testing::HasSubstr("x\n")));
  }
}

}  // namespace
}  // namespace boxcar::testing
