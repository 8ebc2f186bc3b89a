#include "image/unpack.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/overlay.h"
#include "base/user_namespace.h"
#include "fakes/child_process.h"
#include "image/images_for_tests.h"

namespace boxcar {
namespace {

class Unpack : public testing::Test {
 protected:
  Result<Unpacked> unpack(const std::string& bytes) {
    const std::string layer = directory_ / ("layer" + std::to_string(++count_));
    tree_ = layer + "/tree";
    EXPECT_TRUE(make_directories(tree_));
    const std::string path = directory_ / "blob";
    EXPECT_TRUE(write_file(path, bytes));
    auto stream = BlobStream::open({path, 0, bytes.size(), {}});
    if (!stream) return fail(stream.error());
    return unpack_layer(**stream, layer);
  }
  Result<Unpacked> unpack(const std::vector<TarItem>& items) { return unpack(make_tar(items)); }

  void expect_refused(const std::vector<TarItem>& items, const std::string& entry, const std::string& what) {
    const auto result = unpack(items);
    ASSERT_FALSE(result) << entry;
    EXPECT_EQ(result.error().kind, ErrorKind::Invalid) << result.error().text();
    EXPECT_NE(result.error().text().find("entry '" + entry + "'"), std::string::npos) << result.error().text();
    EXPECT_NE(result.error().text().find(what), std::string::npos) << result.error().text();
  }

  struct stat look(const std::string& name) {
    struct stat info {};
    EXPECT_EQ(lstat((tree_ + "/" + name).c_str(), &info), 0) << name;
    return info;
  }
  std::string content(const std::string& name) { return read_file(tree_ + "/" + name).value_or("(none)"); }
  std::string xattr(const std::string& name, const char* attribute) {
    char value[256];
    const ssize_t length = lgetxattr((tree_ + "/" + name).c_str(), attribute, value, sizeof value);
    return length < 0 ? "(none)" : std::string(value, static_cast<std::size_t>(length));
  }
  bool whiteout(const std::string& name) { return is_whiteout(look(name)); }

  TemporaryDirectory directory_;
  std::string tree_;
  int count_ = 0;
};

TEST_F(Unpack, KeepsWhatAFileIs) {
  const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  ASSERT_TRUE(unpack(
      {{'d', "./", "", 0751, 3, 4, 1500000000},
       {'d', "bin", "", 01777, 5, 6, 1500000001},
       {'f', "bin/su", "setuid", 04755, 7, 8, 1500000002},
       {'f', "bin/ping", "caps", 0755, 9, 9, 1500000003, {{"security.capability", capability}, {"user.note", "hello"}}},
       {'h', "sbin/su", "bin/su"},
       {'l', "lib", "../../etc", 0777, 10, 11, 1500000004},
       {'p', "pipe", "", 0600},
       {'c', "null", "", 0666},
       {'f',
        std::string("b\xff\n\xe4"
                    "d"),
        "bytes"},
       {'f', "\xc3\xa9t\xc3\xa9", "utf-8"},
       {'f', "empty", ""}}));
  EXPECT_EQ(look("").st_mode, 0751U | S_IFDIR);
  EXPECT_EQ(look("").st_uid, 3U);
  EXPECT_EQ(look("").st_mtime, 1500000000);
  EXPECT_EQ(look("bin").st_mode, 01777U | S_IFDIR);
  EXPECT_EQ(look("bin").st_gid, 6U);
  EXPECT_EQ(look("bin").st_mtime, 1500000001) << "also after files were made in it";
  EXPECT_EQ(look("bin/su").st_mode, 04755U | S_IFREG);
  EXPECT_EQ(look("bin/su").st_uid, 7U);
  EXPECT_EQ(look("bin/su").st_mtime, 1500000002);
  EXPECT_EQ(look("sbin/su").st_ino, look("bin/su").st_ino);
  EXPECT_EQ(xattr("bin/ping", "security.capability"), capability);
  EXPECT_EQ(xattr("bin/ping", "user.note"), "hello");
  EXPECT_EQ(look("lib").st_mode, 0777U | S_IFLNK);
  EXPECT_EQ(look("lib").st_gid, 11U);
  EXPECT_EQ(look("lib").st_mtime, 1500000004);
  EXPECT_EQ(look("pipe").st_mode, 0600U | S_IFIFO);
  EXPECT_EQ(look("null").st_mode, 0666U | S_IFCHR);
  EXPECT_EQ(look("null").st_rdev, makedev(1, 3));
  EXPECT_EQ(content("b\xff\n\xe4"
                    "d"),
            "bytes");
  EXPECT_EQ(content("\xc3\xa9t\xc3\xa9"), "utf-8");
  EXPECT_EQ(content("empty"), "");
}

TEST_F(Unpack, AnOrdinaryUserKeepsWhatHeMay) {
  ASSERT_EQ(::chown(directory_.path().c_str(), kNobodysUid, kNobodysUid), 0);
  const std::string capability("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  EXPECT_EQ(in_child_as_user([&]() -> std::string {
              if (auto entered = enter_user_namespace(); !entered) return entered.error().text();
              const auto done =
                  unpack({{'d', "closed", "", 0, 3, 4, 1500000000},
                          {'f', "closed/theirs", "x", 04750, 7, 8, 1500000002},
                          {'f',
                           "ping",
                           "",
                           0755,
                           9,
                           9,
                           0,
                           {{"security.capability", capability}, {"trusted.note", "t"}, {"user.note", "n"}}},
                          {'c', "null", "", 0666},
                          {'h', "zero", "null"},
                          {'f', ".wh.gone", ""},
                          {'d', "opaque", "", 0700},
                          {'f', "opaque/.wh..wh..opq", ""}});
              return done ? tree_ : done.error().text();
            }),
            directory_ / "layer1/tree");
  tree_ = directory_ / "layer1/tree";
  EXPECT_EQ(look("closed").st_mode, 0U | S_IFDIR);
  EXPECT_EQ(look("closed").st_uid, kNobodysUid);
  EXPECT_EQ(look("closed/theirs").st_mode, 04750U | S_IFREG);
  EXPECT_EQ(look("closed/theirs").st_uid, kNobodysUid);
  EXPECT_EQ(look("closed/theirs").st_gid, kNobodysUid);
  EXPECT_EQ(look("closed/theirs").st_mtime, 1500000002);
  EXPECT_EQ(xattr("ping", "user.note"), "n");
  EXPECT_EQ(look("null").st_mode, 0666U | S_IFREG);
  EXPECT_EQ(look("null").st_ino, look("zero").st_ino);
  EXPECT_TRUE(whiteout("gone"));
  EXPECT_EQ(xattr("opaque", "user.overlay.opaque"), "y");
}

TEST_F(Unpack, NamesAreBytesInGnuTarsToo) {
  ASSERT_TRUE(
      unpack(make_tar({{'f', "a\xff", "1"}, {'f', std::string(180, 'x') + "/\xc3\xa9", "2"}}, Squeeze::None, true)));
  EXPECT_EQ(content("a\xff"), "1");
  EXPECT_EQ(content(std::string(180, 'x') + "/\xc3\xa9"), "2");
}

TEST_F(Unpack, WhiteoutsAndOpaqueDirectories) {
  ASSERT_TRUE(unpack({{'f', "etc/.wh.gone", ""},
                      {'d', "opaque", "", 0700},
                      {'f', "opaque/.wh..wh..opq", ""},
                      {'f', "opaque/new", "new"},
                      {'f', ".wh.top", ""},
                      {'f', ".wh..wh.plnk", "of aufs"}}));
  EXPECT_TRUE(whiteout("etc/gone"));
  EXPECT_TRUE(whiteout("top"));
  EXPECT_EQ(xattr("opaque", opaque_xattr()), "y");
  EXPECT_EQ(look("opaque").st_mode, 0700U | S_IFDIR);
  EXPECT_EQ(content("opaque/new"), "new");
  EXPECT_FALSE(exists(tree_ + "/.wh..wh.plnk"));
  EXPECT_FALSE(exists(tree_ + "/.wh.top"));
}

TEST_F(Unpack, AWhiteoutHidesOnlyLowerLayers) {
  // In either order, what the layer itself has stays, and hides what lower layers have below it.
  ASSERT_TRUE(unpack({{'f', ".wh.a", ""},
                      {'d', "a", "", 0755},
                      {'f', "a/x", "1"},  //
                      {'d', "b", "", 0755},
                      {'f', "b/x", "2"},
                      {'f', ".wh.b", ""},  //
                      {'f', ".wh.c", ""},
                      {'f', "c", "3"},  //
                      {'f', ".wh.d", ""},
                      {'f', "d/x", "4"}}));
  EXPECT_EQ(content("a/x"), "1");
  EXPECT_EQ(xattr("a", opaque_xattr()), "y");
  EXPECT_EQ(content("b/x"), "2");
  EXPECT_EQ(xattr("b", opaque_xattr()), "y");
  EXPECT_EQ(content("c"), "3");
  EXPECT_EQ(content("d/x"), "4");
  EXPECT_EQ(xattr("d", opaque_xattr()), "y");
}

TEST_F(Unpack, TheLastEntryOfANameCounts) {
  ASSERT_TRUE(unpack({{'f', "a", "first", 0644},
                      {'h', "linked", "a"},
                      {'f', "a", "second", 0600},
                      {'d', "d", "", 0755},
                      {'f', "d/inside", "x"},
                      {'l', "d", "a"},
                      {'l', "e", "a"},
                      {'d', "e", "", 0755},
                      {'f', "e/new", "y"},
                      {'d', "e", "", 0711}}));
  EXPECT_EQ(content("a"), "second");
  EXPECT_EQ(content("linked"), "first") << "nothing is written through a hard link";
  EXPECT_TRUE(S_ISLNK(look("d").st_mode));
  EXPECT_EQ(content("e/new"), "y");
  EXPECT_EQ(look("e").st_mode, 0711U | S_IFDIR);
}

TEST_F(Unpack, KeepsAbsoluteNamesAndSymlinksInside) {
  ASSERT_TRUE(write_file(directory_ / "victim", "safe"));
  const std::string up(200, '/');
  ASSERT_TRUE(unpack({{'f', "/etc/absolute", "1"},
                      {'f', "a/../b/./c", "2"},
                      {'d', "etc", "", 0755},
                      {'l', "out", "/etc"},
                      {'f', "out/through", "3"},
                      {'l', "up", "../../../../../../../../etc"},
                      {'f', "up/contained", "4"},
                      {'l', "link", "../victim"},
                      {'f', "link", "not through the link"},
                      {'h', "abs", "/etc/absolute"}}));
  EXPECT_EQ(content("etc/absolute"), "1");
  EXPECT_EQ(content("b/c"), "2");
  EXPECT_EQ(content("etc/through"), "3");
  EXPECT_EQ(content("etc/contained"), "4");
  EXPECT_EQ(content("link"), "not through the link");
  EXPECT_EQ(look("abs").st_ino, look("etc/absolute").st_ino);
  EXPECT_EQ(read_file(directory_ / "victim").value_or(""), "safe");
}

TEST_F(Unpack, RefusesWhatLeadsOut) {
  ASSERT_TRUE(write_file(directory_ / "victim", "safe"));
  expect_refused({{'f', "../victim", "evil"}}, "../victim", "leads out of the image");
  expect_refused({{'f', "a/../../victim", "evil"}}, "a/../../victim", "leads out of the image");
  expect_refused({{'d', "/..", "", 0777}}, "/..", "leads out of the image");
  expect_refused({{'l', "../link", "x"}}, "../link", "leads out of the image");
  expect_refused({{'h', "h", "../victim"}}, "h", "leads out of the image");
  expect_refused({{'h', "h", "/etc/passwd"}}, "h", "not in this layer");
  expect_refused({{'l', "s", ".."}, {'h', "h", "s/victim"}}, "h", "not in this layer");
  expect_refused({{'l', "s", "/no/where"}, {'f', "s/x", "evil"}}, "s/x", "symlink that leads nowhere");
  expect_refused({{'f', "f", ""}, {'f', "f/x", "evil"}}, "f/x", "not a directory");
  expect_refused({{'f', ".wh...", ""}}, ".wh...", "whiteout of nothing");
  expect_refused({{'f', ".wh..", ""}}, ".wh..", "whiteout of nothing");
  expect_refused({{'f', ".wh.", ""}}, ".wh.", "whiteout of nothing");
  expect_refused({{'f', ".", "evil"}}, ".", "the root of an image is a directory");
  EXPECT_EQ(read_file(directory_ / "victim").value_or(""), "safe");
  EXPECT_FALSE(exists(directory_ / "link"));
}

TEST_F(Unpack, TakesNoOverlayAttributesFromALayer) {
  ASSERT_TRUE(
      unpack({{'d', "d", "", 0755, 0, 0, 1, {{"trusted.overlay.redirect", "/x"}, {"user.overlay.opaque", "y"}}}}));
  EXPECT_EQ(xattr("d", "trusted.overlay.redirect"), "(none)");
  EXPECT_EQ(xattr("d", "user.overlay.opaque"), "(none)");
}

TEST_F(Unpack, SparseAndLargeFiles) {
  ASSERT_TRUE(make_directories(directory_ / "in"));
  must_run({"truncate", "-s", "50M", directory_ / "in/sparse"});
  must_run({"sh", "-c",
            "printf end | dd of=" + (directory_ / "in/sparse") + " bs=1 seek=30000000 conv=notrunc status=none"});
  must_run({"tar", "-C", directory_ / "in", "--sparse", "-cf", directory_ / "t.tar", "."});
  ASSERT_TRUE(unpack(read_file(directory_ / "t.tar").value_or("")));
  must_run({"cmp", directory_ / "in/sparse", tree_ + "/sparse"});
  EXPECT_LT(look("sparse").st_blocks, 1000);

  std::string large(9 << 20, 'x');
  for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>(i / 1000);
  ASSERT_TRUE(unpack(make_tar({{'f', "large", large}}, Squeeze::Zstd)));
  EXPECT_TRUE(content("large") == large);
}

TEST_F(Unpack, ReportsDamage) {
  const std::string tar = make_tar({{'f', "a", std::string(100000, 'x')}, {'f', "b", "y"}});
  EXPECT_EQ(unpack(tar.substr(0, 5000)).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(
      unpack("this is not a tar at all, whatever its manifest says; and it is long enough to look at").error().kind,
      ErrorKind::Invalid);
  const std::string gzip = make_tar({{'f', "a", std::string(100000, 'x')}}, Squeeze::Gzip);
  const auto cut = unpack(gzip.substr(0, gzip.size() / 2));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::Invalid) << cut.error().text();
  EXPECT_TRUE(unpack(std::string())) << "a layer of nothing";
  EXPECT_TRUE(unpack(std::string(10240, '\0')));
}

TEST_F(Unpack, VerifiesBothDigestsInOnePass) {
  const std::vector<TarItem> items = {{'f', "a", std::string(3 << 20, 'x')}};
  const std::string path = directory_ / "blob";
  for (const Squeeze squeeze : {Squeeze::None, Squeeze::Gzip, Squeeze::Zstd}) {
    // With bytes around it, as in an archive, and behind the compressed stream.
    const std::string bytes = make_tar(items, squeeze) + (squeeze == Squeeze::Gzip ? std::string(1000, '\0') : "");
    ASSERT_TRUE(write_file(path, "before" + bytes + "after"));
    const Digest diff = sha256(make_tar(items));
    const auto verify = [&](const Digest& blob, const Digest& diff_id) {
      auto stream = BlobStream::open({path, 6, bytes.size(), blob});
      return (*stream)->verify(diff_id);
    };
    EXPECT_TRUE(verify(sha256(bytes), diff));
    const auto wrong_blob = verify(sha256("other"), diff);
    ASSERT_FALSE(wrong_blob);
    EXPECT_NE(wrong_blob.error().message.find(sha256(bytes).hex()), std::string::npos);
    const auto wrong_diff = verify(sha256(bytes), sha256("other"));
    ASSERT_FALSE(wrong_diff);
    EXPECT_NE(wrong_diff.error().message.find(diff.hex()), std::string::npos);
  }
}

}  // namespace
}  // namespace boxcar
