// Steps that work in place on what an earlier step left.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/mounts.h"
#include "base/tree_digest.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

struct View {
  const char* name;
  bool host_visible;  // no overlay can be used
  const char* user;
  bool overlay;
};

class JoinTest : public StoreTest, public testing::WithParamInterface<View> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(enter_private_mounts());
    StoreTest::SetUp();
    reopen({.host_visible = GetParam().host_visible, .sync = false});
  }

  Action join(const std::string& name, const std::string& source) {
    Action a = action(name);
    a.user = GetParam().user;
    a.inputs = {input("work", source)};
    a.outputs = {{"work", PortKind::Directory, "/work", true, "work"}};
    return a;
  }

  Action source_step() { return action("source"); }
  static constexpr const char* kSource = R"(
    mkdir -p a/b/c deep/down gone replaced; echo 1 >a/one; echo 2 >a/b/two; echo 3 >a/b/c/three
    echo d >deep/down/file; echo g >gone/file; echo r >replaced/file; echo top >top; echo keep >keep; ln -s keep link)";

  std::string digest(const std::string& path) {
    const auto tree = digest_tree(path, pool_);
    return tree ? tree->digest.hex() : tree.error().text();
  }
};

// What a script does to a view must be what it does to a plain copy, and nothing to what was viewed.
TEST_P(JoinTest, WorksLikeOnACopy) {
  const std::vector<std::string> scripts = {
      "echo more >>a/b/two",
      "rm top; rm -r gone; rm link",
      "mv a/b moved",
      "mv a z; mv z/b z/bb; echo new >z/bb/c/new; rm z/bb/two",
      "mv deep/down deep/up; mv deep/up a/b/c/; mkdir deep/down; echo fresh >deep/down/fresh",
      "rm -r replaced; mkdir replaced; echo other >replaced/other",
      "rm -r replaced; echo file now >replaced; rm keep; mkdir keep; echo x >keep/x",
      "chmod 700 a; chmod +x top; chmod 000 a/b/c",
      "mv a/b/c c; mv a/b c/b; mv c a/cc; rmdir gone 2>/dev/null || true",
      "ln keep hard; echo changed >hard",
      "rm -rf ./*; echo all new >only",
      "mv top swap; mv keep top; mv swap keep",
      "true",
  };
  const StoredResult source = step(source_step(), kSource);
  const std::string before = digest(output_of(source));
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const std::string plain = directory_ / ("plain" + std::to_string(i));
    shell("/", "cp -a '" + output_of(source) + "' " + plain + "; chmod -R u+w " + plain);
    shell(plain, scripts[i]);
    const Action a = join("join" + std::to_string(i), output_of(source));
    const StoredResult result = step(a, scripts[i]);
    ASSERT_EQ(result.ports.size(), 1U) << scripts[i];
    EXPECT_EQ(result.ports[0].content.hex(), digest(plain)) << scripts[i];
    EXPECT_EQ(digest(output_of(result)), digest(plain)) << scripts[i] << ": the digest is that of what is there";
    EXPECT_EQ(digest(output_of(source)), before) << scripts[i] << ": the source was changed";
    EXPECT_TRUE(cached(source_step())) << scripts[i];
    EXPECT_TRUE(cached(a)) << scripts[i];
  }
  reopen({.host_visible = GetParam().host_visible, .sync = false});
  EXPECT_TRUE(cached(source_step()));
}

// Results of such steps are viewed by others in turn: nothing of the overlay's own marks may be left in them.
TEST_P(JoinTest, ChainOfJoins) {
  StoredResult result = step(source_step(), kSource);
  const std::string plain = directory_ / "plain";
  shell("/", "cp -a '" + output_of(result) + "' " + plain + "; chmod -R u+w " + plain);
  const std::vector<std::string> scripts = {"mv a renamed; rm -r gone",
                                            "mkdir a gone; echo again >a/again; mv renamed/b a/b",
                                            "mv a/b/c gone/c; rm -r a; mkdir a", "mv gone a/gone"};
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    shell(plain, scripts[i]);
    result = step(join("join" + std::to_string(i), output_of(result)), scripts[i]);
    ASSERT_EQ(result.ports.size(), 1U);
    EXPECT_EQ(digest(output_of(result)), digest(plain)) << scripts[i];
  }
}

TEST_P(JoinTest, UntouchedFilesAreSharedOnlyWithResults) {
  const StoredResult source = step(source_step(), kSource);
  const StoredResult result = step(join("join", output_of(source)), "echo more >>top");
  const auto inode = [](const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
  };
  const bool shared = inode(output_of(source) + "/a/b/two") == inode(output_of(result) + "/a/b/two");
  EXPECT_EQ(shared, GetParam().overlay);
  const std::string host = directory_ / "host";
  shell("/", "cp -a '" + output_of(source) + "' " + host + "; chmod 444 " + host + "/keep; chmod 644 " + host + "/top");
  const std::string before = digest(host);
  const StoredResult of_host = step(join("host", host), "echo changed >top; rm -r gone");
  EXPECT_NE(inode(host + "/keep"), inode(output_of(of_host) + "/keep")) << "a user's own file is never shared";
  EXPECT_EQ(digest(host), before);
  EXPECT_EQ(mode_of(host + "/top"), 0644U);
  EXPECT_EQ(contents(output_of(of_host) + "/top"), "changed\n");
  EXPECT_EQ(contents(output_of(of_host) + "/a/b/two"), "2\n");
}

TEST_P(JoinTest, UserOfTheContainerMayWriteEverything) {
  const StoredResult source = step(source_step(), kSource);
  const Action a = join("join", output_of(source));
  const Workspace workspace = prepare(a);
  const std::string as =
      std::string(GetParam().user).empty() ? "" : "setpriv --reuid 1234 --regid 1234 --clear-groups ";
  // As in the container, where the mount is reached without passing the directories above it.
  shell(seen(workspace, "/work"),
        as + "sh -ec 'echo more >>top; mv a/b moved; rm -r gone; echo x >a/new; chmod +x a/new'");
  const auto result = store_->commit(workspace, a, action_key(a), Ending{});
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(contents(output_of(*result) + "/top"), "top\nmore\n");
  EXPECT_EQ(contents(output_of(*result) + "/moved/two"), "2\n");
}

TEST_P(JoinTest, NothingToWorkOnIsAnEmptyDirectory) {
  const Action a = join("join", "");
  EXPECT_EQ(contents(output_of(step(a, "test -z \"$(ls -A)\"; echo x >x")) + "/x"), "x\n");
}

TEST_P(JoinTest, FailedViewIsLeftWholeWhenKept) {
  const StoredResult source = step(source_step(), kSource);
  const Workspace workspace = prepare(join("join", output_of(source)));
  shell(seen(workspace, "/work"), "echo half >half");
  store_->discard(workspace, true);
  reopen();
  EXPECT_EQ(contents(workspace.directory + "/result/work/half"), "half\n");
  EXPECT_EQ(contents(workspace.directory + "/result/work/a/b/two"), "2\n");
}

INSTANTIATE_TEST_SUITE_P(Views, JoinTest,
                         testing::Values(View{"Overlay", false, "", true}, View{"Copy", true, "", false},
                                         View{"User", false, "1234:1234", false}),
                         [](const auto& view) { return view.param.name; });

}  // namespace
}  // namespace boxcar
