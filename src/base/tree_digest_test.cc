#include "base/tree_digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/clock.h"
#include "base/directory.h"
#include "base/fd.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

class TreeDigestTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_directories(tree_)); }

  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(make_directories(std::string(directory_name(tree_ + "/" + path))));
    ASSERT_TRUE(write_file(tree_ + "/" + path, text));
  }
  // Long ago, so that it counts as rested.
  void rest() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_)) {
      const timespec times[2] = {{1'600'000'000, 5}, {1'600'000'000, 5}};
      ::utimensat(AT_FDCWD, entry.path().c_str(), times, AT_SYMLINK_NOFOLLOW);
    }
  }
  Digest digest() {
    const auto tree = digest_tree(tree_, pool_);
    EXPECT_TRUE(tree) << tree.error().text();
    return tree ? tree->digest : Digest{};
  }

  const TemporaryDirectory temporary_;
  const std::string tree_ = temporary_ / "tree";
  Pool pool_{2};
};

std::string raw(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

// docs/tree-digest.md, byte for byte.
TEST_F(TreeDigestTest, EncodingIsFixed) {
  using namespace std::string_literals;
  EXPECT_EQ(digest(), sha256("boxcar-tree-1\n"));
  EXPECT_EQ(digest(), empty_directory_digest());
  write("b", "content");
  write("a/x", "");
  write("a.txt", "text");
  ASSERT_EQ(::chmod((tree_ + "/b").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("b", (tree_ + "/c").c_str()), 0);
  const Digest a = sha256("boxcar-tree-1\n" + ("f" + raw(sha256("")) + "x\0"s));
  EXPECT_EQ(digest(), sha256("boxcar-tree-1\n" + ("d" + raw(a) + "a\0"s) + ("f" + raw(sha256("text")) + "a.txt\0"s) +
                             ("x" + raw(sha256("content")) + "b\0"s) + ("l" + raw(sha256("b")) + "c\0"s)));
}

TEST_F(TreeDigestTest, FileIsItsSha256AndTheExecutableBitCounts) {
  write("file", "content");
  const std::string path = tree_ + "/file";
  EXPECT_EQ(digest_tree(path, pool_)->digest, sha256("content"));
  ASSERT_EQ(::symlink("file", (tree_ + "/link").c_str()), 0);
  EXPECT_EQ(digest_tree(tree_ + "/link", pool_)->digest, sha256("content")) << "a symlink as root is followed";
  ASSERT_EQ(::chmod(path.c_str(), 0744), 0);
  EXPECT_EQ(digest_tree(path, pool_)->digest, sha256("boxcar-executable-1\n" + raw(sha256("content"))));
}

TEST_F(TreeDigestTest, WhatCountsAndWhatDoesNot) {
  write("file", "content");
  write("sub/other", "x");
  const Digest before = digest();
  ASSERT_EQ(::chmod((tree_ + "/file").c_str(), 0600), 0);
  ASSERT_EQ(::chown((tree_ + "/file").c_str(), 1234, 1234), 0);
  rest();
  EXPECT_EQ(digest(), before) << "owner, times and other bits do not count";
  std::filesystem::rename(tree_ + "/file", tree_ + "/file\n\377");
  const Digest renamed = digest();
  EXPECT_NE(renamed, before);
  ASSERT_TRUE(make_directories(tree_ + "/empty"));
  EXPECT_NE(digest(), renamed) << "an empty directory counts";
}

TEST_F(TreeDigestTest, EntriesAreInOrder) {
  for (const char* path : {"a/z", "a.b", "a/b/c", "B", "b"}) write(path, path);
  const auto tree = digest_tree(tree_, pool_);
  ASSERT_TRUE(tree);
  std::vector<std::string> paths;
  for (const auto& entry : tree->entries) paths.push_back(entry.path);
  EXPECT_EQ(paths, (std::vector<std::string>{"", "B", "a", "a/b", "a/b/c", "a/z", "a.b", "b"}));
  EXPECT_EQ(tree->files, 5U);
  EXPECT_EQ(tree->bytes, 3U + 3 + 5 + 1 + 1);
}

TEST_F(TreeDigestTest, ManyFilesGiveTheSameOnOneThreadAndTwo) {
  for (int i = 0; i < 3000; ++i)
    write(std::to_string(i % 7) + "/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
  Pool one(1), four(4);
  EXPECT_EQ(digest_tree(tree_, one)->digest, digest_tree(tree_, four)->digest);
}

TEST_F(TreeDigestTest, SpecialFilesAreInvalid) {
  write("sub/x", "");
  ASSERT_EQ(::mkfifo((tree_ + "/sub/fifo").c_str(), 0644), 0);
  const auto tree = digest_tree(tree_, pool_);
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().kind, ErrorKind::Invalid);
  EXPECT_NE(tree.error().text().find("/sub/fifo"), std::string::npos);
  EXPECT_EQ(digest_tree(tree_ + "/none", pool_).error().kind, ErrorKind::NotFound);
}

TEST_F(TreeDigestTest, ChangeWhileReadingIsNoticed) {
  write("big", std::string(std::size_t{64} << 20, 'x'));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) {
      const UniqueFd fd(::open((tree_ + "/big").c_str(), O_WRONLY | O_CLOEXEC));
      (void)!::pwrite(fd.get(), "y", 1, 1 << 20);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const auto tree = digest_tree(tree_, pool_);
  stop = true;
  writer.join();
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(tree.error().text().find("/big changed while it was read"), std::string::npos);
}

// A cache that shows whether it is believed: its digests are wrong on purpose.
class FalseCache : public DigestCache {
 public:
  std::shared_ptr<const TreeDigest> find(const std::string&) override { return kept; }
  void keep(const std::string&, const TreeDigest& tree) override {
    kept = std::make_shared<const TreeDigest>(tree);
    ++keeps;
  }
  void falsify(const std::string& path, std::int64_t read_at) {
    TreeDigest tree = *kept;
    tree.read_at = read_at;
    for (auto& entry : tree.entries) {
      if (entry.path == path) entry.digest = sha256("false");
    }
    kept = std::make_shared<const TreeDigest>(tree);
  }
  std::shared_ptr<const TreeDigest> kept;
  int keeps = 0;
};

TEST_F(TreeDigestTest, KnownDigestsCountWhileTheFileRested) {
  write("a", "aaaa");
  write("b", "bbbb");
  struct stat info {};
  ASSERT_EQ(::stat((tree_ + "/a").c_str(), &info), 0);
  const StatRecord stat = StatRecord::of(info);
  FalseCache cache;
  const auto first = digest_tree(tree_, pool_, &cache);
  ASSERT_TRUE(first);
  EXPECT_EQ(cache.keeps, 1);
  const std::int64_t changed = stat.ctime / 1000;
  cache.falsify("a", changed + 1'000'000);
  EXPECT_NE(digest_tree(tree_, pool_, &cache)->digest, first->digest) << "read a second after it changed: believed";
  EXPECT_EQ(cache.keeps, 1) << "nothing was read";
  cache.falsify("a", changed + 4'000);
  EXPECT_EQ(digest_tree(tree_, pool_, &cache)->digest, first->digest) << "within the clock's grain: read again";
  EXPECT_EQ(cache.keeps, 2);
  cache.falsify("a", changed + 1'000'000);
  write("a", "AAAA");
  EXPECT_NE(digest_tree(tree_, pool_, &cache)->digest, first->digest);
  EXPECT_EQ(cache.keeps, 3) << "changed: read again";
}

TEST_F(TreeDigestTest, FirstChangeNamesIt) {
  write("a", "a");
  write("sub/b", "b");
  const auto tree = digest_tree(tree_, pool_);
  ASSERT_TRUE(tree);
  EXPECT_EQ(first_change(tree_, tree->entries), std::nullopt);
  std::this_thread::sleep_for(std::chrono::milliseconds(15));
  write("sub/b", "B");
  EXPECT_EQ(first_change(tree_, tree->entries), "sub/b");
  write("sub/c", "c");
  EXPECT_EQ(first_change(tree_, tree->entries), "sub") << "its directory tells what was added";
  ASSERT_TRUE(remove_tree(tree_));
  EXPECT_EQ(first_change(tree_, tree->entries), "");
}

TEST_F(TreeDigestTest, NothingIsReachedThroughASymlink) {
  write("real/x", "x");
  ASSERT_EQ(::symlink("real", (tree_ + "/link").c_str()), 0);
  const auto root = open_file(tree_, O_PATH | O_DIRECTORY);
  ASSERT_TRUE(root);
  EXPECT_TRUE(open_beneath(root->get(), "real/x", O_RDONLY));
  EXPECT_EQ(open_beneath(root->get(), "link/x", O_RDONLY).error().kind, ErrorKind::Invalid);
  EXPECT_FALSE(open_beneath(root->get(), "../tree/real/x", O_RDONLY));
  EXPECT_FALSE(list_directory(root->get(), "link"));
}

}  // namespace
}  // namespace boxcar
