#include "store/outputs.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/interrupt.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

class OutputsTest : public StoreTest {
 protected:
  // A step that reads /data: a, a directory sub with b in it, and a symlink to a.
  Action reader() {
    const std::string data = directory_ / "data";
    if (!exists(data))
      shell("/", "mkdir -p " + data + "/sub; cd " + data + "; echo of a >a; echo of b >sub/b; ln -s a alias");
    Action a = action();
    a.inputs = {input("data", data)};
    return a;
  }
};

TEST_F(OutputsTest, BecomeTheCallersAndReadOnly) {
  const std::string output = output_of(step(action(), R"(
    mkdir locked open; echo x >locked/x; touch open/plain open/program; ln -s plain open/link
    chmod 6777 open/program; chmod 2777 open; chmod 666 open/plain
    chown -hR 12345:54321 .; chmod 000 locked/x locked)"));
  EXPECT_EQ(mode_of(output), 0555U);
  EXPECT_EQ(mode_of(output + "/locked"), 0555U);
  EXPECT_EQ(mode_of(output + "/locked/x"), 0444U);
  EXPECT_EQ(mode_of(output + "/open"), 0555U);
  EXPECT_EQ(mode_of(output + "/open/plain"), 0444U);
  EXPECT_EQ(mode_of(output + "/open/program"), 0555U);
  for (const char* path : {"", "/locked", "/locked/x", "/open/plain", "/open/link"}) {
    struct stat info {};
    ASSERT_EQ(::lstat((output + path).c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, ::geteuid()) << path;
    EXPECT_EQ(info.st_gid, ::getegid()) << path;
  }
}

TEST_F(OutputsTest, ProgramsLoseTheCapabilitiesThatAContainerGaveThem) {
  const std::string output = output_of(step(action(), R"(
    touch program; chmod 755 program
    setfattr -n security.capability -v 0x0100000280000000000000000000000000000000 program)"));
  EXPECT_LT(::lgetxattr((output + "/program").c_str(), "security.capability", nullptr, 0), 0);
  EXPECT_EQ(mode_of(output + "/program"), 0555U);
}

TEST_F(OutputsTest, NamesAreBytes) {
  const Action a = action();
  const std::string output =
      output_of(step(a, "touch \"$(printf 'new\\nline')\" \"$(printf 'not\\377utf8')\" ' ' -- '-rf'"));
  EXPECT_TRUE(exists(output + "/new\nline"));
  EXPECT_TRUE(exists(output + "/not\377utf8"));
  reopen();
  EXPECT_TRUE(cached(a));
}

TEST_F(OutputsTest, AbsoluteSymlinkIntoItsOwnOutputBecomesRelative) {
  const std::string output = output_of(step(action(), R"(
    mkdir -p d/e; echo x >d/x
    ln -s /output/d/x top; ln -s /output/d/x d/e/deep; ln -s /output d/e/all; ln -s ../x d/e/already; ln -s /output/no dangling)"));
  EXPECT_EQ(std::filesystem::read_symlink(output + "/top"), "d/x");
  EXPECT_EQ(std::filesystem::read_symlink(output + "/d/e/deep"), "../../d/x");
  EXPECT_EQ(contents(output + "/d/e/deep"), "x\n");
  EXPECT_EQ(std::filesystem::read_symlink(output + "/d/e/all"), "../../");
  EXPECT_EQ(std::filesystem::read_symlink(output + "/d/e/already"), "../x");
  EXPECT_EQ(std::filesystem::read_symlink(output + "/dangling"), "no");
}

TEST_F(OutputsTest, SymlinkIntoAnInputBecomesItsContent) {
  const std::string output = output_of(step(reader(), R"(
    mkdir d; ln -s /data/a file; ln -s ../data/sub relative; ln -s ../../data/alias d/alias; ln -s /data all)"));
  for (const char* path : {"/file", "/relative/b", "/d/alias", "/all/a", "/all/sub/b"}) {
    struct stat info {};
    ASSERT_EQ(::lstat((output + path).c_str(), &info), 0) << path;
    EXPECT_TRUE(S_ISREG(info.st_mode)) << path;
    EXPECT_EQ(info.st_mode & 07777, 0444U) << path;
  }
  EXPECT_EQ(contents(output + "/d/alias"), "of a\n");
  EXPECT_EQ(std::filesystem::read_symlink(output + "/all/alias"), "a") << "relative within what was copied";
}

TEST_F(OutputsTest, SymlinksThatLeadOutAreRefused) {
  for (const char* target : {"/etc/passwd", "../etc/passwd", "/output/../etc/passwd", "/outputs", "/data/none",
                             "/data/../etc", "missing/../../etc/passwd", "/", ".."}) {
    const std::string why = refusal(reader(), "ln -s '" + std::string(target) + "' link");
    EXPECT_THAT(why, HasSubstr("output port 'output': /output/link is a symlink to ")) << target;
  }
  // By its text it stays inside; followed through the other symlink it does not.
  EXPECT_THAT(refusal(reader(), "ln -s . here; ln -s here/../x link"),
              HasSubstr("/output/link is a symlink to here/../x"));
  EXPECT_THAT(refusal(reader(), "mkdir d; ln -s d/../d here; ln -s here/../../x link"), HasSubstr("/output/link"));
}

TEST_F(OutputsTest, LookingForLinksThatLeadOutEndsWhenInterrupted) {
  const std::string data = directory_ / "data";
  shell("/", "mkdir " + data + "; ln -s /elsewhere " + data + "/link");
  const auto found = link_that_leads_out(data, "/work", {});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ(**found, std::pair(std::string("link"), std::string("/elsewhere")));
  EXPECT_EQ(link_that_leads_out(data, "/work", {input("elsewhere", data)}).value(), std::nullopt);  // mounted there

  InterruptsBlocked blocked;
  ::raise(SIGTERM);
  const auto interrupted = link_that_leads_out(data, "/work", {});
  blocked.take();
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().kind, ErrorKind::Cancelled);
}

TEST_F(OutputsTest, TreeThatBringsItselfIsRefused) {
  shell(directory_.path(), "mkdir -p data/sub; ln -s /data data/self");
  EXPECT_THAT(refusal(reader(), "ln -s /data/sub/.. x"), HasSubstr("leads into itself"));
}

TEST_F(OutputsTest, SpecialFilesAreRefusedByName) {
  EXPECT_THAT(refusal(action(), "mkdir d; mkfifo d/pipe"), HasSubstr("/output/d/pipe is a FIFO"));
  EXPECT_THAT(refusal(action(), "mknod null c 1 3"), HasSubstr("/output/null is a device"));
  EXPECT_THAT(refusal(action(), "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")'"),
              HasSubstr("/output/sock is a socket"));
}

TEST_F(OutputsTest, MissingOutputIsNamed) {
  EXPECT_EQ(refusal(action(), "true"), "output port 'output': the step wrote nothing to /output");
  Action a = action();
  a.outputs[0].required = false;
  EXPECT_TRUE(step(a, "true").ports.at(0).present) << "an empty directory is one";
  a.outputs = {{"text", PortKind::File, "/out/text", true, ""}};
  EXPECT_EQ(refusal(a, "touch other"), "output port 'text': the step wrote no file /out/text");
  EXPECT_THAT(refusal(a, "mkdir text"), HasSubstr("/out/text is a directory, not a file"));
  EXPECT_THAT(refusal(a, "mkfifo text"), HasSubstr("/out/text is a FIFO"));
}

TEST_F(OutputsTest, FilePortThatIsASymlinkBecomesTheFile) {
  Action a = reader();
  a.outputs = {{"text", PortKind::File, "/out/text", true, ""}};
  EXPECT_EQ(contents(output_of(step(a, "echo real >real; ln -s real text"))), "real\n");
  EXPECT_EQ(contents(output_of(step(a, "echo real2 >real; ln -s /out/real text"))), "real2\n");
  EXPECT_EQ(contents(output_of(step(a, "ln -s /data/a text"))), "of a\n");
  EXPECT_THAT(refusal(a, "ln -s /etc/passwd text"), HasSubstr("/out/text is a symlink to /etc/passwd"));
  EXPECT_THAT(refusal(a, "ln -s nothing text"), HasSubstr("/out/text is a symlink to nothing"));
}

TEST_F(OutputsTest, HardLinksWithinAnOutputStayFiles) {
  const std::string output = output_of(step(action(), "echo x >a; ln a b; chmod 600 a"));
  EXPECT_EQ(contents(output + "/b"), "x\n");
  EXPECT_EQ(mode_of(output + "/b"), 0444U);
}

TEST_F(OutputsTest, VeryDeepTreeIsRefusedAndRemoved) {
  const std::string why =
      refusal(action(), "python3 -c 'import os\nfor i in range(3000):\n os.mkdir(\"d\"); os.chdir(\"d\")'");
  EXPECT_THAT(why, HasSubstr("too "));
  store_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "store/work"));
}

}  // namespace
}  // namespace boxcar
