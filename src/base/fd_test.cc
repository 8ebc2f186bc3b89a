#include "base/fd.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

TEST(Paths, AreMadeAbsoluteAndNormal) {
  EXPECT_EQ(absolute_path("../c//d/./e/", "/a/b"), "/a/c/d/e");
  EXPECT_EQ(absolute_path("/x/..", "/a"), "/");
  EXPECT_EQ(absolute_path("../../../up", "/a"), "/up") << "nothing is above the root";
  EXPECT_EQ(absolute_path("", "/a/b"), "/a/b");
}

TEST(Paths, HaveANameAndADirectory) {
  EXPECT_EQ(base_name("a/b/"), "b");
  EXPECT_EQ(base_name("/"), "");
  EXPECT_EQ(directory_name("a"), ".");
  EXPECT_EQ(directory_name("/a"), "/");
  EXPECT_EQ(directory_name("a//b"), "a");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
}

TEST(Paths, OfOneEntryAreNames) {
  for (const std::string name : {"a", ".hidden", "...", "a b", "\xff"}) EXPECT_TRUE(is_file_name(name)) << name;
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                  std::string("/"), std::string("a\0b", 3)})
    EXPECT_FALSE(is_file_name(name)) << name;
}

TEST(Files, AreReplacedWholeOrNotAtAll) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(replace_file(directory / "file", "old", 0600));
  ASSERT_TRUE(replace_file(directory / "file", "new", 0600));
  EXPECT_EQ(read_file(directory / "file").value(), "new");
  ASSERT_TRUE(make_directories(directory / "taken"));
  EXPECT_FALSE(replace_file(directory / "taken", "x"));
  ASSERT_TRUE(remove_tree(directory / "taken"));
  ASSERT_TRUE(remove_tree(directory / "file"));
  EXPECT_FALSE(read_file(directory / "file"));
  EXPECT_EQ(::rmdir(directory.path().c_str()), 0) << "nothing is left beside";
}

TEST(Files, InTheWayOfDirectoriesAreNoneThatSomebodyDidNotFind) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "file", ""));
  for (const char* path : {"file", "file/a", "file/a/b"}) {
    EXPECT_EQ(make_directories(directory / path).error().kind, ErrorKind::Denied) << path;
  }
}

TEST(Files, AreNotReadBeyondTheLimit) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "file", "12345"));
  EXPECT_EQ(read_file(directory / "file", 5).value(), "12345");
  EXPECT_EQ(read_file(directory / "file", 4).error().kind, ErrorKind::Exhausted);
}

}  // namespace
}  // namespace boxcar
