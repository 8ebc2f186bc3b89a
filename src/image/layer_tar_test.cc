#include "image/layer_tar.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "base/text.h"
#include "base/user_namespace.h"
#include "fakes/child_process.h"
#include "image/blob_stream.h"
#include "image/images_for_tests.h"
#include "image/unpack.h"

namespace boxcar {
namespace {

class LayerTarTest : public testing::Test {
 protected:
  void unpack(const std::string& blob) {
    layer_ = directory_ / ("layer" + std::to_string(++count_));
    ASSERT_TRUE(make_directories(layer_ + "/tree"));
    const std::string path = directory_ / "blob";
    ASSERT_TRUE(write_file(path, blob));
    auto stream = BlobStream::open({path, 0, blob.size(), {}});
    ASSERT_TRUE(stream);
    const auto unpacked = unpack_layer(**stream, layer_);
    ASSERT_TRUE(unpacked) << unpacked.error().text();
    tar_size_ = unpacked->tar;
  }
  bool unpacks(const std::string& tar, const std::string& layer) {
    EXPECT_TRUE(make_directories(layer + "/tree"));
    EXPECT_TRUE(write_file(layer + "/blob", tar));
    return unpack_layer(**BlobStream::open({layer + "/blob", 0, tar.size(), {}}), layer).has_value();
  }
  Result<std::string> pack(const std::string& tar) {
    TRY(const auto packed, LayerTar::open(layer_, sha256(tar)));
    std::string bytes;
    while (true) {
      TRY(const std::string_view next, packed->next());
      if (next.empty()) return bytes;
      bytes += next;
    }
  }
  // Unpacked and packed again it is the same; no more than `kept` bytes of it are in the skeleton, squeezed.
  void expect_same(const std::string& tar, const std::string& what, std::size_t kept = SIZE_MAX,
                   Squeeze squeeze = Squeeze::None) {
    SCOPED_TRACE(what);
    ASSERT_NO_FATAL_FAILURE(unpack(squeezed(tar, squeeze)));
    EXPECT_EQ(tar_size_, tar.size());
    const auto packed = pack(tar);
    ASSERT_TRUE(packed) << packed.error().text();
    EXPECT_TRUE(*packed == tar);
    EXPECT_LE(std::filesystem::file_size(layer_ + "/skeleton"), kept);
  }
  std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }
  void expect_refused(const std::string& tar, const std::string& why) {
    const auto packed = pack(tar);
    ASSERT_FALSE(packed);
    EXPECT_EQ(packed.error().kind, ErrorKind::Invalid) << packed.error().text();
    EXPECT_NE(packed.error().text().find(why), std::string::npos) << packed.error().text();
  }
  std::string set_aside() {
    return must_run({"sh", "-c", "cd $0 && find replaced -type f 2>/dev/null | sort | tr '\\n' ' '", layer_});
  }

  TemporaryDirectory directory_;
  std::string layer_;
  std::uint64_t tar_size_ = 0;
  int count_ = 0;
  std::mt19937 random_{1};
};

TEST_F(LayerTarTest, IsTheTarItCameAs) {
  const std::vector<TarItem> items = {{'d', "./", "", 0751, 3, 4},
                                      {'f', "bin/su", noise(100000), 04755, 7, 8, 1500000002, {{"user.note", "hello"}}},
                                      {'f', "empty", ""},
                                      {'h', "sbin/su", "bin/su"},
                                      {'l', "lib", "../../etc"},
                                      {'p', "pipe", ""},
                                      {'c', "null", ""},
                                      {'f', ".wh.gone", ""},
                                      {'f', "etc/.wh..wh..opq", ""},
                                      {'f', std::string(200, 'n') + "/" + std::string(90, 'm'), noise(513)},
                                      {'f', "b\xff\nd", noise(512)},
                                      {'f', "/absolute/./x/../y", noise(3000)},
                                      {'f', "closed", noise(3000), 0}};
  expect_same(make_tar(items), "pax", 3000);
  expect_same(make_tar(items, Squeeze::None, true), "gnu", 3000);
  for (const Squeeze squeeze : {Squeeze::Gzip, Squeeze::Zstd}) expect_same(make_tar(items), "squeezed", 3000, squeeze);
  EXPECT_EQ(set_aside(), "");
}

TEST_F(LayerTarTest, OfWhateverBytesATarMayHave) {
  expect_same("", "of nothing");
  expect_same(std::string(10240, '\0'), "empty");
  const std::string one = make_tar({{'f', "a", noise(1000)}});
  expect_same(one.substr(0, one.size() - 1024), "no end");
  expect_same(one + std::string(3 << 20, '\0'), "a long end");
  expect_same(one + "something behind the end", "something behind the end");
  expect_same(one + make_tar({{'f', "unseen", noise(1000)}}), "another tar behind the end");

  std::string stuffed = one;
  stuffed[stuffed.size() - 1024 - 10] = 'x';
  expect_same(stuffed, "something in the padding");

  const TarItem big{'f', "big", noise(5000)};
  std::string binary = tar_header(big, '0', "big", "", 5000);  // the size in base 256
  binary.replace(124, 12, std::string("\x80\0\0\0\0\0\0\0\0\0\x13\x88", 12));
  unsigned sum = 8 * ' ';
  for (std::size_t i = 0; i < 512; ++i) sum += i < 148 || i >= 156 ? static_cast<unsigned char>(binary[i]) : 0;
  char octal[8];
  std::snprintf(octal, sizeof octal, "%06o", sum);
  binary.replace(148, 7, octal, 7);
  expect_same(binary + padded(big.content), "base 256", 300);

  const std::string size = pax_record("size", "5000") + pax_record("path", "renamed");
  expect_same(tar_header(big, 'x', "pax", "", size.size()) + padded(size) + tar_header(big, '0', "big", "", 0) +
                  padded(big.content) + std::string(1024, '\0'),
              "the size in a pax record", 500);
  EXPECT_EQ(read_file(layer_ + "/tree/renamed").value_or("none"), big.content);
  const std::string global = pax_record("comment", "x");
  expect_same(tar_header(big, 'g', "pax", "", global.size()) + padded(global) + one, "a global pax header", 500);
  expect_same(tar_header(big, '7', "big", "", 5000) + padded(big.content), "a contiguous file", 300);
  expect_same(tar_header(big, '\0', "big", "", 5000) + padded(big.content), "a file of old", 300);
  expect_same(one.substr(0, one.size() - 1024) + tar_header(big, '1', "link", "a", 5000) + padded(big.content),
              "a hard link with content");
}

TEST_F(LayerTarTest, WhatALaterEntryReplacedIsKept) {
  expect_same(make_tar({{'f', "a", noise(3000)},
                        {'h', "linked", "a"},
                        {'f', "a", noise(3000)},
                        {'f', "a", noise(3000)},
                        {'f', "a", noise(3000)}}),
              "one path", 500);
  EXPECT_EQ(set_aside(), "replaced/0 replaced/1 replaced/2 replaced/list ");
  expect_same(make_tar({{'f', "d/e/f", noise(3000)},
                        {'f', "d/e/f", noise(3000)},
                        {'f', "d/g", noise(3000)},
                        {'l', "d", "elsewhere"},
                        {'f', "elsewhere/x", noise(3000)},
                        {'f', "d/x", noise(3000)},  // is elsewhere/x
                        {'f', "d", noise(3000)},
                        {'d', "d", ""},
                        {'f', "d/e/f", noise(3000)},
                        {'f', "d/h", noise(3000)},
                        {'h', "d/e/f", "d/h"},
                        {'f', ".wh.d", ""}}),
              "directories", 1000);
  EXPECT_EQ(set_aside(), "replaced/0 replaced/1/e/f replaced/1/g replaced/2 replaced/3 replaced/4 replaced/list ");
}

TEST_F(LayerTarTest, FollowsNoName) {
  // Where a file is in the tree is not what its entry says: symlinks on the way are followed, as the layer has them.
  expect_same(make_tar({{'d', "usr/lib", ""},
                        {'l', "lib", "/usr/lib"},
                        {'f', "lib/a", noise(3000)},
                        {'l', "up", "../../usr"},
                        {'f', "up/lib/b", noise(3000)},
                        {'l', "lib", "other"},
                        {'f', "other/a", noise(3000)},
                        {'f', "lib/b", noise(3000)},
                        {'f', "tree/skeleton", noise(3000)}}),
              "symlinks", 700);
  std::string deep = "d";
  for (int i = 0; i < 30; ++i) deep += "/" + std::string(100, 'd');
  expect_same(make_tar({{'f', deep + "/f", noise(3000)}, {'f', deep + "/f", noise(3000)}}), "deep");
}

TEST_F(LayerTarTest, OfRandomEntries) {
  for (int round = 0; round < 25; ++round) {
    const auto any = [&](std::size_t limit) { return static_cast<std::size_t>(random_() % limit); };
    const auto name = [&] {
      std::string path;
      for (std::size_t i = 0, depth = 1 + any(3); i < depth; ++i)
        path += (i ? "/" : "") + std::string(1, "abc"[any(3)]);
      return path;
    };
    std::vector<TarItem> items;
    for (std::size_t i = 0, count = 1 + any(25); i < count; ++i) {
      const char type = "fffdl"[any(5)];
      items.push_back({type, "d/" + name(), type == 'l' ? "/d/" + name() : type == 'f' ? noise(any(3000)) : ""});
    }
    if (any(10) == 0) items.push_back({'f', "large", noise(2 << 20)});
    std::vector<TarItem> good;  // an entry below a file, for one, is refused
    for (const TarItem& item : items) {
      good.push_back(item);
      TemporaryDirectory scratch;
      if (!unpacks(make_tar(good), scratch.path())) good.pop_back();
    }
    expect_same(make_tar(good, Squeeze::None, any(2) == 0), "round " + std::to_string(round), SIZE_MAX,
                static_cast<Squeeze>(any(3)));
    if (HasFailure()) break;
  }
}

TEST_F(LayerTarTest, OfTheToolsThatMakeLayers) {
  const std::string in = directory_ / "in";
  must_run({"sh", "-c",
            "mkdir -p $0/d/$(printf %0150d 1) && cd $0 && head -c 300000 /dev/urandom >d/a && ln d/a b && "
            "ln -s d/a c && mkfifo p && mknod n c 1 3 && cp d/a d/$(printf %0150d 1)/$(printf %0120d 2) && "
            "truncate -s 3M sparse && printf end | dd of=sparse bs=1 seek=2000001 conv=notrunc status=none && "
            "setfattr -n user.x -v y d/a && touch -d @1.5 d/a",
            in});
  const std::string tar = directory_ / "t.tar";
  const auto expect_kept = [&](std::vector<std::string> call, const std::string& options) {
    for (const std::string_view option : split(options, ' ')) call.emplace_back(option);
    call.insert(call.end(), {"-C", in, "-cf", tar, "."});
    must_run(call);
    expect_same(read_file(tar).value_or(""), call[0] + " " + options, 4000);
    EXPECT_EQ(must_run({"cmp", in + "/sparse", layer_ + "/tree/sparse"}), "");
  };
  for (const char* options :
       {"--format=v7 --exclude=0* --exclude=p --exclude=n", "--format=ustar --exclude=0*", "--format=oldgnu",
        "--format=oldgnu --sparse", "--format=gnu", "--format=gnu --sparse", "--format=pax --xattrs",
        "--format=pax --sparse --sparse-version=0.0", "--format=pax --sparse --sparse-version=0.1",
        "--format=pax --sparse --sparse-version=1.0"}) {
    expect_kept({"tar"}, options);
  }
  for (const char* options : {"--format=ustar --exclude=0*", "--format=pax", "--format=gnutar"})
    expect_kept({"bsdtar"}, options);
}

// A file of GNU tar's sparse format 1.0 with those stretches, of a byte each.
std::string sparse_tar(const std::vector<std::size_t>& offsets, std::size_t size) {
  std::string body = std::to_string(offsets.size()) + "\n";
  for (const std::size_t offset : offsets) body += std::to_string(offset) + "\n1\n";
  body = padded(body);
  for (const std::size_t offset : offsets) body += static_cast<char>('a' + offset % 23);
  const std::string records = pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                              pax_record("GNU.sparse.name", "sparse") +
                              pax_record("GNU.sparse.realsize", std::to_string(size));
  const TarItem item;
  return tar_header(item, 'x', "pax", "", records.size()) + padded(records) +
         tar_header(item, '0', "GNUSparseFile.0/sparse", "", body.size()) + padded(body) + std::string(1024, '\0');
}

TEST_F(LayerTarTest, OfAFileOfVeryManyStretches) {
  std::vector<std::size_t> offsets(150000);
  std::string content(4 * offsets.size(), '\0');
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] = 4 * i + 1;
    content[offsets[i]] = static_cast<char>('a' + offsets[i] % 23);
  }
  expect_same(sparse_tar(offsets, content.size()), "sparse");
  EXPECT_TRUE(read_file(layer_ + "/tree/sparse").value_or("") == content);
}

TEST_F(LayerTarTest, StretchesThatOverlapAreRefused) {
  // What came first could not be found in the file again.
  EXPECT_TRUE(unpacks(sparse_tar({1, 2, 9}, 10), directory_ / "in-order"));
  EXPECT_FALSE(unpacks(sparse_tar({1, 9, 9}, 10), directory_ / "twice"));
  EXPECT_FALSE(unpacks(sparse_tar({9, 1}, 10), directory_ / "backwards"));
}

TEST_F(LayerTarTest, AnAlteredTreeIsRefused) {
  const std::string tar = make_tar({{'f', "a/b", noise(300000)}, {'f', "a/c", noise(3000)}, {'f', "d", "x"}});
  ASSERT_NO_FATAL_FAILURE(unpack(tar));
  const std::string before = pack(tar).value_or("");
  const std::string b = layer_ + "/tree/a/b";
  const auto change = [&](const std::string& script) {
    must_run({"sh", "-c", "cd $0/tree && cp -a a keep && sleep 0.02 && " + script, layer_});
  };
  const auto restore = [&] { must_run({"sh", "-c", "cd $0/tree && rm -r a && mv keep a", layer_}); };
  change("printf x | dd of=a/b bs=1 seek=200000 conv=notrunc status=none");
  expect_refused(tar, "instead of sha256:" + sha256(tar).hex() + "; tree/a/b was changed");
  restore();
  change("truncate -s 200000 a/b");
  expect_refused(tar, "tree/a/b is shorter now");
  restore();
  change("rm a/b");
  expect_refused(tar, "tree/a/b");
  restore();
  change("rm a/b && mkfifo a/b");
  expect_refused(tar, "tree/a/b is no file any more");
  restore();
  change("mv a z && ln -s z a");  // the same bytes, but not where they are looked for
  expect_refused(tar, "tree/a/b is or leads through a symlink");
  must_run({"sh", "-c", "cd $0/tree && rm a && rm -r z && mv keep a", layer_});
  EXPECT_TRUE(pack(tar).value_or("") == tar) << "owners, modes and times stand in the skeleton";

  const std::string skeleton = read_file(layer_ + "/skeleton").value_or("");
  ASSERT_TRUE(write_file(layer_ + "/skeleton", skeleton.substr(0, skeleton.size() - 9)));
  expect_refused(tar, "its skeleton is damaged");
  for (std::size_t at = 0; at < skeleton.size(); at += 7) {
    std::string bad = skeleton;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    ASSERT_TRUE(write_file(layer_ + "/skeleton", bad));
    EXPECT_TRUE(pack(tar).value_or(tar) == tar) << at;
  }
  ASSERT_EQ(unlink((layer_ + "/skeleton").c_str()), 0);
  EXPECT_EQ(pack(tar).error().kind, ErrorKind::NotFound);
}

TEST_F(LayerTarTest, AnOrdinaryUserMakesTheSame) {
  ASSERT_EQ(::chown(directory_.path().c_str(), kNobodysUid, kNobodysUid), 0);
  const std::string tar = make_tar({{'d', "closed", "", 0, 3, 4},
                                    {'f', "closed/theirs", noise(3000), 04000, 7, 8},
                                    {'f', "closed/theirs", noise(3000), 04000, 7, 8},
                                    {'c', "null", ""},
                                    {'h', "zero", "null"},
                                    {'f', ".wh.gone", ""}});
  EXPECT_EQ(in_child_as_user([&]() -> std::string {
              if (auto entered = enter_user_namespace(); !entered) return entered.error().text();
              unpack(tar);
              const auto packed = pack(tar);
              return !packed ? packed.error().text() : *packed == tar ? "the same" : "another";
            }),
            "the same");
}

TEST_F(LayerTarTest, ComesInSmallPieces) {
  ASSERT_NO_FATAL_FAILURE(unpack(make_tar({{'f', "zeros", std::string(20 << 20, '\0')}}) + std::string(20 << 20, 'x')));
  const auto packed = LayerTar::open(layer_, {});
  ASSERT_TRUE(packed);
  std::size_t largest = 0;
  for (auto next = (*packed)->next(); next && !next->empty(); next = (*packed)->next())
    largest = std::max(largest, next->size());
  EXPECT_LE(largest, std::size_t{256 << 10});
}

}  // namespace
}  // namespace boxcar
