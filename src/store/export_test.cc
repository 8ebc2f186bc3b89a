// Results into a user's directory.
#include <gmock/gmock.h>
#include <sys/file.h>

#include <atomic>
#include <thread>

#include "base/directory.h"
#include "base/mounts.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

class ExportTest : public StoreTest {
 protected:
  std::string result(const std::string& script) {
    return output_of(step(action("step" + std::to_string(++steps_)), script));
  }
  static ExportOptions by(const std::string& output) {
    ExportOptions options;
    options.owner = "flow.yml\n" + output;
    return options;
  }
  std::string to_ = directory_ / "out";
  int steps_ = 0;
};

TEST_F(ExportTest, FillsADirectoryWithFilesThatAreTheUsers) {
  const std::string source =
      result("mkdir -p d/e; echo x >d/e/x; echo p >prog; chmod +x prog; ln -s d/e/x link; mkdir empty");
  ASSERT_TRUE(store_->export_port(source, PortKind::Directory, to_));
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
  ASSERT_TRUE(store_->export_port(result("mkdir d; echo new >file; echo new >d/file; echo new >link"),
                                  PortKind::Directory, to_));
  EXPECT_EQ(contents(to_ + "/mine"), "mine\n");
  EXPECT_EQ(contents(to_ + "/d/mine"), "mine\n");
  EXPECT_EQ(contents(to_ + "/file"), "new\n");
  EXPECT_EQ(contents(to_ + "/link"), "new\n");
  EXPECT_EQ(contents(to_ + "/mine"), "mine\n") << "not written through the symlink";
}

TEST_F(ExportTest, WhatIsInTheWay) {
  shell("/", "mkdir -p " + to_ + "/full " + to_ + "/empty " + directory_ / "elsewhere; echo x >" + to_ +
                 "/full/x; echo f >" + to_ + "/file; ln -s ../elsewhere " + to_ + "/link");
  ASSERT_TRUE(store_->export_port(result("echo x >empty; mkdir file link; echo y >file/y; echo z >link/z"),
                                  PortKind::Directory, to_));
  EXPECT_EQ(contents(to_ + "/empty"), "x\n");
  EXPECT_EQ(contents(to_ + "/file/y"), "y\n");
  EXPECT_EQ(contents(to_ + "/link/z"), "z\n");
  EXPECT_FALSE(exists(directory_ / "elsewhere/z")) << "never through a symlink";
  const auto refused = store_->export_port(result("echo x >full"), PortKind::Directory, to_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
  EXPECT_THAT(refused.error().text(), HasSubstr("full is a directory with files in it"));
  EXPECT_EQ(contents(to_ + "/full/x"), "x\n");
}

TEST_F(ExportTest, TheNextResultOfAnOutputTakesThePlaceOfItsLast) {
  const ExportOptions output = by("words");
  const std::string first = result("mkdir -p d/e full/empty; touch one both mine d/e/x full/x kind; echo 1 >edited");
  ASSERT_TRUE(store_->export_port(first, PortKind::Directory, to_, output));
  ASSERT_TRUE(store_->export_port(result("touch other"), PortKind::Directory, to_, by("others")));
  shell(to_, "touch foreign full/foreign; echo 2 >edited; rm mine; echo new >mine");
  reopen();  // as another process
  ASSERT_TRUE(store_->export_port(result("mkdir kind; touch two both kind/x"), PortKind::Directory, to_, output));
  const auto names = names_in(to_);
  EXPECT_THAT(names, testing::ElementsAre("both", "edited", "foreign", "full", "kind", "mine", "other", "two"));
  EXPECT_THAT(names_in(to_ + "/full"), testing::ElementsAre("foreign"));
  EXPECT_EQ(contents(to_ + "/edited"), "2\n");

  shell(to_, "rm full/foreign");
  ASSERT_TRUE(store_->export_port(result("touch kind"), PortKind::Directory, to_, output));
  EXPECT_THAT(names_in(to_), testing::ElementsAre("edited", "foreign", "kind", "mine", "other"));
}

TEST_F(ExportTest, ADirectoryOfTheUsersStaysWhenItsFilesGo) {
  shell("/", "mkdir -p " + to_ + "/theirs");
  const ExportOptions output = by("words");
  ASSERT_TRUE(store_->export_port(result("mkdir theirs; touch theirs/x"), PortKind::Directory, to_, output));
  ASSERT_TRUE(store_->export_port(result("touch y"), PortKind::Directory, to_, output));
  EXPECT_THAT(names_in(to_), testing::ElementsAre("theirs", "y"));
  EXPECT_THAT(names_in(to_ + "/theirs"), testing::IsEmpty());
}

TEST_F(ExportTest, WhatIsThereAlreadyIsNotCopiedAgain) {
  const std::string source = result("mkdir d; echo x >d/x; echo y >y");
  ExportOptions output = by("words");
  output.content = "abc";
  const auto inode = [&](const char* file) {
    struct stat info {};
    return ::stat((to_ + file).c_str(), &info) == 0 ? info.st_ino : 0;
  };
  ASSERT_TRUE(store_->export_port(source, PortKind::Directory, to_, output));
  const auto before = inode("/y");
  ASSERT_TRUE(store_->export_port(source, PortKind::Directory, to_, output));
  EXPECT_EQ(inode("/y"), before);
  shell(to_, "echo changed >d/x");
  ASSERT_TRUE(store_->export_port(source, PortKind::Directory, to_, output));
  EXPECT_EQ(contents(to_ + "/d/x"), "x\n");
  shell(to_, "rm y");
  ASSERT_TRUE(store_->export_port(source, PortKind::Directory, to_, output));
  EXPECT_EQ(contents(to_ + "/y"), "y\n");
}

TEST_F(ExportTest, ADirectoryMayBecomeALinkToAnother) {
  ASSERT_TRUE(store_->export_port(result("mkdir v1 v2 latest; touch v1/x v2/x latest/x"), PortKind::Directory, to_,
                                  by("words")));
  ASSERT_TRUE(
      store_->export_port(result("mkdir v2; touch v2/x; ln -s v2 latest"), PortKind::Directory, to_, by("words")));
  EXPECT_THAT(names_in(to_), testing::ElementsAre("latest", "v2"));
  EXPECT_TRUE(std::filesystem::is_symlink(to_ + "/latest"));
}

TEST_F(ExportTest, WhatTheRunReadIsNotWritten) {
  shell("/", "mkdir -p " + to_ + "/deep/input " + to_ + "/other; echo mine >" + to_ + "/deep/input/x");
  ExportOptions options = by("words");
  options.read = {to_ + "/deep/input", "/elsewhere"};
  for (const char* script : {"mkdir -p deep/input; echo new >a; echo new >deep/input/x", "touch a deep"}) {
    const auto refused = store_->export_port(result(script), PortKind::Directory, to_, options);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("out/deep/input too, which the run read"));
    EXPECT_THAT(names_in(to_), testing::ElementsAre("deep", "other"));
    EXPECT_EQ(contents(to_ + "/deep/input/x"), "mine\n");
  }
  ASSERT_TRUE(store_->export_port(result("mkdir deep; touch a deep/b"), PortKind::Directory, to_, options));
}

// The only ones that there are: they go once what takes their place is there.
TEST_F(ExportTest, FilesThatAStepWorkedOnStayWhereItsResultCouldNotBePlaced) {
  shell("/", "mkdir -p " + to_ + "; echo mine >" + to_ + "/a");
  ASSERT_TRUE(store_->digest_host(to_));
  shell(to_, "mkdir b; touch b/came");
  ExportOptions options;
  options.works_on = true;
  EXPECT_FALSE(store_->export_port(result("echo mine >b"), PortKind::Directory, to_, options));
  EXPECT_EQ(contents(to_ + "/a"), "mine\n");
  shell(to_, "rm -r b");
  ASSERT_TRUE(store_->export_port(result("echo mine >b"), PortKind::Directory, to_, options));
  EXPECT_THAT(names_in(to_), testing::ElementsAre("b"));
}

TEST_F(ExportTest, AFullDiskLeavesTheTargetAsItWas) {
  ASSERT_TRUE(enter_private_mounts());
  shell("/", "mkdir " + to_ + "; mount -t tmpfs -o size=1m tmpfs " + to_ + "; echo old >" + to_ + "/a");
  const std::string source = result("echo new >a; echo b >b; head -c 2000000 /dev/zero >c");
  const auto refused = store_->export_port(source, PortKind::Directory, to_, by("words"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("No space left on device"));
  EXPECT_EQ(contents(to_ + "/a"), "old\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to_), {}), 1);
  shell("/", "umount " + to_);
}

TEST_F(ExportTest, FileToANameOrIntoADirectory) {
  Action a = action();
  a.outputs = {{"text", PortKind::File, "/o/words.txt", true, ""}};
  const std::string source = output_of(step(a, "echo w >words.txt"));
  ASSERT_TRUE(store_->export_port(source, PortKind::File, to_ + "/sub/renamed.txt"));
  EXPECT_EQ(contents(to_ + "/sub/renamed.txt"), "w\n");
  ASSERT_TRUE(store_->export_port(source, PortKind::File, to_));
  EXPECT_EQ(contents(to_ + "/words.txt"), "w\n");
  EXPECT_EQ(mode_of(to_ + "/words.txt"), 0644U);
}

TEST_F(ExportTest, ASymlinkNeverStandsForAFileThatIsElsewhere) {
  const std::string source =
      result("mkdir part rest; echo x >rest/x; ln -s ../rest/x part/out; ln -s x rest/in; ln -s ../rest part/dir");
  ASSERT_TRUE(store_->export_port(source + "/rest/in", PortKind::File, to_ + "/file"));
  EXPECT_FALSE(std::filesystem::is_symlink(to_ + "/file"));
  EXPECT_EQ(contents(to_ + "/file"), "x\n");
  ASSERT_TRUE(store_->export_port(source + "/rest", PortKind::Directory, to_ + "/rest"));
  EXPECT_TRUE(std::filesystem::is_symlink(to_ + "/rest/in"));
  const auto refused = store_->export_port(source + "/part", PortKind::Directory, to_ + "/part");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("dir is a symlink to a directory outside of what is copied"));
  const std::string other = result("mkdir part rest; echo y >rest/y; ln -s ../rest/y part/out");
  ASSERT_TRUE(store_->export_port(other + "/part", PortKind::Directory, to_ + "/other"));
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
  for (int round = 0; round < 100; ++round) (void)store_->export_port(source, PortKind::Directory, to_);
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
  ASSERT_TRUE(store_->export_port(result("echo x >x"), PortKind::Directory, to_));
  EXPECT_FALSE(exists(to_ + "/.boxcar-export-dead00"));
  EXPECT_TRUE(exists(to_ + "/.boxcar-export-live00"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(to_), {}), 2) << "and nothing of its own is left";
}

TEST_F(ExportTest, UnwritablePlaceIsSaid) {
  const auto refused = store_->export_port(result("echo x >x"), PortKind::Directory, "/proc/nothing/here");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("copying to /proc/nothing/here"));
}

}  // namespace
}  // namespace boxcar
