#include "image/merged_tree.h"

#include <sys/stat.h>
#include <unistd.h>

#include "image/images_for_tests.h"
#include "image/unpack.h"

namespace boxcar {
namespace {

class MergedTree : public testing::Test {
 protected:
  // Adds a layer on top.
  void layer(const std::vector<TarItem>& items) {
    const std::string layer = directory_ / ("layer" + std::to_string(layers_.size()));
    const std::string tree = layer + "/tree";
    ASSERT_TRUE(make_directories(tree));
    const std::string bytes = make_tar(items);
    ASSERT_TRUE(write_file(directory_ / "blob", bytes));
    const auto stream = BlobStream::open({directory_ / "blob", 0, bytes.size(), {}});
    const auto done = unpack_layer(**stream, layer);
    ASSERT_TRUE(done) << done.error().text();
    layers_.insert(layers_.begin(), tree);
  }
  std::string read(const std::string& path) {
    const auto text = read_merged_file(layers_, path, 1000);
    return text ? *text : text.error().kind == ErrorKind::NotFound ? "(none)" : text.error().text();
  }
  // The same by the kernel's overlay.
  std::string kernel(const std::string& path) {
    std::string lower;
    for (const std::string& one : layers_) lower += (lower.empty() ? "" : ":") + one;
    must_run({"mkdir", "-p", directory_ / "merged"});
    return must_run({"unshare", "-m", "sh", "-c",
                     "mount -t overlay -o \"lowerdir=$1\" overlay \"$2\" && { chroot \"$2\" /sh -c 'read -r x < \"$1\" "
                     "&& echo \"$x\"' sh \"$3\" 2>/dev/null || echo '(none)'; }",
                     "sh", lower, directory_ / "merged", path});
  }

  TemporaryDirectory directory_;
  std::vector<std::string> layers_;
};

TEST_F(MergedTree, IsWhatTheKernelsOverlayShows) {
  const std::string busybox = read_file("/bin/busybox").value();
  layer({{'f', "sh", busybox, 0755},
         {'f', "kept", "lowest\n"},
         {'f', "changed", "old\n"},
         {'f', "gone", "x\n"},
         {'f', "dir/gone", "x\n"},
         {'f', "dir/kept", "dir\n"},
         {'f', "opaque/old", "x\n"},
         {'f', "replaced/by-file", "x\n"},
         {'f', "file-to-dir", "x\n"},
         {'f', "usr/lib/deep", "deep\n"},
         {'f', "was/deleted/and/back", "x\n"},
         {'l', "to-middle", "middle/file"},
         {'f', "etc/real", "real\n"}});
  layer({{'f', "changed", "new\n"},
         {'f', ".wh.gone", ""},
         {'f', "dir/.wh.gone", ""},
         {'f', "opaque/.wh..wh..opq", ""},
         {'f', "opaque/new", "in opaque\n"},
         {'f', "replaced", "a file now\n"},
         {'f', "file-to-dir/inside", "inside\n"},
         {'f', "middle/file", "middle\n"},
         {'f', ".wh.was", ""}});
  layer({{'l', "lib", "usr/lib"},
         {'l', "absolute", "/lib/deep"},
         {'l', "climbs", "../../../../etc/real"},
         {'l', "dir/up", "../etc/../kept"},
         {'l', "loop", "loop2"},
         {'l', "loop2", "loop"},
         {'l', "dangling", "nowhere"},
         {'l', "etc2", "etc"},
         {'f', "was/new", "was\n"},
         {'f', "gone2/.wh.x", ""}});
  const std::pair<std::string, std::string> cases[] = {{"/kept", "lowest\n"},
                                                       {"kept", "lowest\n"},
                                                       {"/changed", "new\n"},
                                                       {"/gone", "(none)"},
                                                       {"/dir/gone", "(none)"},
                                                       {"/dir/kept", "dir\n"},
                                                       {"/opaque/old", "(none)"},
                                                       {"/opaque/new", "in opaque\n"},
                                                       {"/replaced/by-file", "(none)"},
                                                       {"/replaced", "a file now\n"},
                                                       {"/file-to-dir/inside", "inside\n"},
                                                       {"/to-middle", "middle\n"},
                                                       {"/lib/deep", "deep\n"},
                                                       {"/absolute", "deep\n"},
                                                       {"/climbs", "real\n"},
                                                       {"/dir/up", "lowest\n"},
                                                       {"/dangling", "(none)"},
                                                       {"/etc2/real", "real\n"},
                                                       {"/etc2/./../etc//real", "real\n"},
                                                       {"/was/deleted/and/back", "(none)"},
                                                       {"/was/new", "was\n"},
                                                       {"/kept/x", "(none)"},
                                                       {"/no/such", "(none)"}};
  for (const auto& [path, content] : cases) {
    EXPECT_EQ(read(path), content) << path;
    EXPECT_EQ(kernel(path), content == "(none)" ? "(none)\n" : content) << path << " by the kernel";
  }
  EXPECT_EQ(read_merged_file(layers_, "/loop", 1000).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(read_merged_file(layers_, "/dir", 1000).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(read_merged_file(layers_, "/", 1000).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(read_merged_file(layers_, "/sh", 1000).error().kind, ErrorKind::Exhausted);
}

TEST_F(MergedTree, AnImageThatLeadsOnAndOnIsRefused) {
  std::string far;
  for (int i = 0; i < 200; ++i) far += "d/../";
  layer({{'d', "d", ""}, {'l', "far", far + "file"}, {'l', "near", far.substr(0, 500) + "file"}, {'f', "file", "x"}});
  const auto refused = read_merged_file(layers_, "/far", 1000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
  EXPECT_EQ(refused.error().text(), "/far leads through too many directories");
  EXPECT_EQ(read("/near"), "x");
}

TEST_F(MergedTree, NeverReadsTheHostsFiles) {
  ASSERT_TRUE(write_file(directory_ / "secret", "secret"));
  layer({{'l', "up", "../secret"},
         {'l', "abs", directory_ / "secret"},
         {'l', "passwd", "/etc/passwd"},
         {'p', "pipe", ""},
         {'c', "null", ""}});
  for (const char* path : {"/up", "/abs", "/passwd", "/../secret"}) EXPECT_EQ(read(path), "(none)") << path;
  EXPECT_EQ(read_merged_file(layers_, "/pipe", 1000).error().kind, ErrorKind::Invalid) << "and does not hang";
  EXPECT_EQ(read_merged_file(layers_, "/null", 1000).error().kind, ErrorKind::Invalid);
}

}  // namespace
}  // namespace boxcar
