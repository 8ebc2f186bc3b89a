// Results into a user's directory.
#include <gmock/gmock.h>
#include <sys/file.h>

#include <atomic>
#include <thread>

#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

class ExportTest : public StoreTest {
 protected:
  std::string result(const std::string& script) {
    return output_of(step(action("step" + std::to_string(++steps_)), script));
  }
  std::string to_ = directory_ / "out";
  int steps_ = 0;
};

TEST_F(ExportTest, FillsADirectoryWithFilesThatAreTheUsers) {
  const std::string source =
      result("mkdir -p d/e; echo x >d/e/x; echo p >prog; chmod +x prog; ln -s d/e/x link; mkdir empty");
  ASSERT_TRUE(export_port(source, PortKind::Directory, to_));
  EXPECT_EQ(contents(to_ + "/d/e/x"), "x\n");
  EXPECT_EQ(contents(to_ + "/link"), "x\n");
  EXPECT_EQ(mode_of(to_ + "/d/e/x"), 0644U);
  EXPECT_EQ(mode_of(to_ + "/prog"), 0755U);
  EXPECT_EQ(mode_of(to_ + "/d"), 0755U);
  EXPECT_TRUE(exists(to_ + "/empty"));
  shell(to_, "echo changed >d/e/x");
  EXPECT_EQ(contents(source + "/d/e/x"), "x\n") << "the result is another file";
}

TEST_F(ExportTest, ForeignFilesStayAndOwnAreReplaced) {
  shell("/",
        "mkdir -p " + to_ + "/d; cd " + to_ + "; echo mine >mine; echo mine >d/mine; echo old >file; ln -s mine link");
  ASSERT_TRUE(
      export_port(result("mkdir d; echo new >file; echo new >d/file; echo new >link"), PortKind::Directory, to_));
  EXPECT_EQ(contents(to_ + "/mine"), "mine\n");
  EXPECT_EQ(contents(to_ + "/d/mine"), "mine\n");
  EXPECT_EQ(contents(to_ + "/file"), "new\n");
  EXPECT_EQ(contents(to_ + "/link"), "new\n");
  EXPECT_EQ(contents(to_ + "/mine"), "mine\n") << "not written through the symlink";
}

TEST_F(ExportTest, WhatIsInTheWay) {
  shell("/", "mkdir -p " + to_ + "/full " + to_ + "/empty " + directory_ / "elsewhere; echo x >" + to_ +
                 "/full/x; echo f >" + to_ + "/file; ln -s ../elsewhere " + to_ + "/link");
  ASSERT_TRUE(
      export_port(result("echo x >empty; mkdir file link; echo y >file/y; echo z >link/z"), PortKind::Directory, to_));
  EXPECT_EQ(contents(to_ + "/empty"), "x\n");
  EXPECT_EQ(contents(to_ + "/file/y"), "y\n");
  EXPECT_EQ(contents(to_ + "/link/z"), "z\n");
  EXPECT_FALSE(exists(directory_ / "elsewhere/z")) << "never through a symlink";
  const auto refused = export_port(result("echo x >full"), PortKind::Directory, to_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
  EXPECT_THAT(refused.error().text(), HasSubstr("full is a directory with files in it"));
  EXPECT_EQ(contents(to_ + "/full/x"), "x\n");
}

TEST_F(ExportTest, FileToANameOrIntoADirectory) {
  Action a = action();
  a.outputs = {{"text", PortKind::File, "/o/words.txt", true, ""}};
  const std::string source = output_of(step(a, "echo w >words.txt"));
  ASSERT_TRUE(export_port(source, PortKind::File, to_ + "/sub/renamed.txt"));
  EXPECT_EQ(contents(to_ + "/sub/renamed.txt"), "w\n");
  ASSERT_TRUE(export_port(source, PortKind::File, to_));
  EXPECT_EQ(contents(to_ + "/words.txt"), "w\n");
  EXPECT_EQ(mode_of(to_ + "/words.txt"), 0644U);
}

TEST_F(ExportTest, ASymlinkNeverStandsForAFileThatIsElsewhere) {
  const std::string source =
      result("mkdir part rest; echo x >rest/x; ln -s ../rest/x part/out; ln -s x rest/in; ln -s ../rest part/dir");
  ASSERT_TRUE(export_port(source + "/rest/in", PortKind::File, to_ + "/file"));
  EXPECT_FALSE(std::filesystem::is_symlink(to_ + "/file"));
  EXPECT_EQ(contents(to_ + "/file"), "x\n");
  ASSERT_TRUE(export_port(source + "/rest", PortKind::Directory, to_ + "/rest"));
  EXPECT_TRUE(std::filesystem::is_symlink(to_ + "/rest/in"));
  const auto refused = export_port(source + "/part", PortKind::Directory, to_ + "/part");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("dir is a symlink to a directory outside of what is copied"));
  const std::string other = result("mkdir part rest; echo y >rest/y; ln -s ../rest/y part/out");
  ASSERT_TRUE(export_port(other + "/part", PortKind::Directory, to_ + "/other"));
  EXPECT_FALSE(std::filesystem::is_symlink(to_ + "/other/out"));
  EXPECT_EQ(contents(to_ + "/other/out"), "y\n");
}

// Somebody who may write there swaps a directory for a symlink, again and again, while boxcar fills it.
TEST_F(ExportTest, ATargetThatChangesMeanwhileLeadsNowhereElse) {
  const std::string source = result("for d in 0 1 2 3 4 5 6 7; do mkdir -p d$d/e; touch d$d/e/f d$d/g; done");
  shell("/", "mkdir -p " + to_ + " " + directory_ / "elsewhere/e");
  std::atomic<bool> over = false;
  std::thread swapper([&] {
    const std::string d = to_ + "/d";
    for (int i = 0; !over; i = (i + 1) % 8) {
      const std::string at = d + std::to_string(i);
      if (::rename(at.c_str(), (at + ".away").c_str()) == 0 || errno == ENOENT) {
        (void)::symlink((directory_ / "elsewhere").c_str(), at.c_str());
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
      (void)::unlink(at.c_str());
      (void)remove_tree(at + ".away");
    }
  });
  for (int round = 0; round < 100; ++round) (void)export_port(source, PortKind::Directory, to_);
  over = true;
  swapper.join();
  EXPECT_FALSE(exists(directory_ / "elsewhere/g"));
  EXPECT_FALSE(exists(directory_ / "elsewhere/e/f"));
}

TEST_F(ExportTest, LeftOfABrokenExportGoesUnlessItsOwnerLives) {
  shell("/", "mkdir -p " + to_ + "/.boxcar-export-dead00 " + to_ + "/.boxcar-export-live00; touch " + to_ +
                 "/.boxcar-export-dead00/next");
  const auto live = open_file(to_ + "/.boxcar-export-live00", O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(live->get(), LOCK_EX), 0);
  ASSERT_TRUE(export_port(result("echo x >x"), PortKind::Directory, to_));
  EXPECT_FALSE(exists(to_ + "/.boxcar-export-dead00"));
  EXPECT_TRUE(exists(to_ + "/.boxcar-export-live00"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to_), {}), 2) << "and nothing of its own is left";
}

TEST_F(ExportTest, UnwritablePlaceIsSaid) {
  const auto refused = export_port(result("echo x >x"), PortKind::Directory, "/proc/nothing/here");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("copying to /proc/nothing/here"));
}

}  // namespace
}  // namespace boxcar
