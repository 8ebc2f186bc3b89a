// A runner that is killed while it commits.
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <random>
#include <thread>

#include "base/directory.h"
#include "base/tree_digest.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

constexpr const char* kStore = "BOXCAR_TEST_COMMITS_TO";
constexpr const char* kExports = "BOXCAR_TEST_EXPORTS_IN";
constexpr const char* kCleared = "BOXCAR_TEST_CLEARS";

Action numbered(int i) {
  Action action;
  auto image = std::make_shared<Image>();
  image->architecture = "amd64";
  image->identity = sha256("image");
  action.image = image;
  action.argv = {"/kliko", std::to_string(i)};
  action.working_dir = "/";
  action.step = "step" + std::to_string(i);
  action.outputs = {{"output", PortKind::Directory, "/output", true, ""}};
  return action;
}

constexpr int kFiles = 20;

// The killed one is this program again, before any test, with the store's name in its environment.
void commit_for_ever(const std::string& directory) {
  Pool pool(2);
  auto store = Store::open(directory, pool, {.host_visible = false, .sync = false});  // more commits in the same time
  if (!store) ::_exit(1);
  for (int i = 0;; ++i) {
    const Action action = numbered(i % 40);
    const Key key = action_key(action);
    if ((*store)->lookup(action, key) && i % 3 != 0) continue;
    const auto workspace = (*store)->prepare(action, key, {"run" + std::to_string(::getpid()), action.step, i});
    if (!workspace) ::_exit(2);
    for (int f = 0; f < kFiles; ++f) {
      // Contents of their own each time, so that what stands there is replaced.
      if (!write_file(workspace->mounts[0].source + "/" + std::to_string(f),
                      std::to_string(i) + " " + std::to_string(::getpid())))
        ::_exit(3);
    }
    if (!(*store)->commit(*workspace, action, key, Ending{})) ::_exit(4);
    (*store)->discard(*workspace, false);
  }
}

Result<void> export_from(Store& store, const std::string& in, const std::string& source) {
  ExportOptions options;
  options.owner = "flow.yml\nall";
  return store.export_port(join_path(in, source), PortKind::Directory, join_path(in, "out"), options);
}

void export_for_ever(const std::string& in) {
  Pool pool(1);
  auto store = Store::open(join_path(in, "store"), pool, {.host_visible = false, .sync = false});
  if (!store) ::_exit(1);
  for (int i = 0;; ++i) {
    if (!export_from(**store, in, i % 2 == 0 ? "a" : "b")) ::_exit(2);
  }
}

const bool is_the_killed_one = [] {
  if (const char* directory = std::getenv(kStore)) commit_for_ever(directory);
  if (const char* directory = std::getenv(kExports)) export_for_ever(directory);
  if (const char* cleared = std::getenv(kCleared)) {
    {
      Pool pool(1);
      if (!Store::open(cleared, pool)) ::_exit(1);
    }
    ::_exit(0);
  }
  return false;
}();

TEST(KillTest, KilledAtAnyMomentNothingHalfIsTakenForAResult) {
  ASSERT_FALSE(is_the_killed_one);
  const TemporaryDirectory directory;
  const std::string where = directory / "store";
  std::mt19937 random(std::random_device{}());
  Pool pool(2);
  std::size_t found = 0;
  for (int round = 0; round < 50; ++round) {
    SpawnOptions options;
    options.argv = {"/proc/self/exe"};
    options.env = std::vector<std::string>{std::string(kStore) + "=" + where};
    const auto child = spawn(options);
    ASSERT_TRUE(child) << child.error().text();
    std::this_thread::sleep_for(std::chrono::microseconds(5'000 + random() % 60'000));
    ASSERT_EQ(::kill(child->pid, SIGKILL), 0);
    const auto exit = wait_for(*child);
    ASSERT_TRUE(exit);
    ASSERT_EQ(exit->signal, SIGKILL) << "it ended by itself: " << exit->code;

    auto store = Store::open(where, pool);
    ASSERT_TRUE(store) << store.error().text();
    for (int i = 0; i < 40; ++i) {
      const Action action = numbered(i);
      const auto result = (*store)->lookup(action, action_key(action));
      if (!result) continue;
      ++found;
      const std::string output = (*store)->port_path(*result, result->ports[0]);
      const auto tree = digest_tree(output, pool);
      ASSERT_TRUE(tree) << tree.error().text();
      EXPECT_EQ(tree->digest, result->ports[0].content);
      EXPECT_EQ(tree->files, kFiles);
    }
    // A later run removes what is left, but for what this one may still read.
    store->reset();
    store = Store::open(where, pool);
    ASSERT_TRUE(store);
    const Action later = numbered(1000);
    const auto workspace = (*store)->prepare(later, action_key(later), {"later" + std::to_string(round), "later", 1});
    ASSERT_TRUE(workspace) << workspace.error().text();
    (*store)->discard(*workspace, false);
    store->reset();
    for (const char* folder : {"/work", "/trash", "/live"}) {
      EXPECT_TRUE(!exists(where + folder) || std::filesystem::is_empty(where + folder)) << folder;
    }
  }
  EXPECT_GT(found, 50U) << "it was never killed late enough";
}

TEST(KillTest, KilledWhileItFillsADirectoryTheNextKnowsWhatIsTheUsers) {
  const TemporaryDirectory directory;
  shell(directory.path(),
        "mkdir a b c out out/d; cd a; mkdir -p d/a e; touch same d/a/x; for i in 1 2 3 4 5; do touch a$i d/a$i e/$i; "
        "done; "
        "cd ../b; mkdir -p d/b; touch same e; for i in 1 2 3 4 5; do touch b$i d/b$i; done; touch ../c/same "
        "../out/d/mine");
  std::mt19937 random(std::random_device{}());
  Pool pool(1);
  int staging = 0;
  for (int round = 0; round < 1000 && (round < 50 || staging < 10); ++round) {
    SpawnOptions options;
    options.argv = {"/proc/self/exe"};
    options.env = std::vector<std::string>{std::string(kExports) + "=" + directory.path()};
    std::vector<Child> children;
    for (int i = 0; i < 2; ++i) {
      auto child = spawn(options);
      ASSERT_TRUE(child) << child.error().text();
      children.push_back(*std::move(child));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(5'000 + random() % 30'000));
    for (const auto& child : children) {
      ASSERT_EQ(::kill(child.pid, SIGKILL), 0);
      const auto exit = wait_for(child);
      ASSERT_TRUE(exit);
      ASSERT_EQ(exit->signal, SIGKILL) << "it ended by itself: " << exit->code;
    }
    const auto left = names_in(directory / "out");
    staging +=
        std::any_of(left.begin(), left.end(), [](const auto& name) { return name.starts_with(".boxcar-export-"); });

    auto store = Store::open(directory / "store", pool);
    ASSERT_TRUE(store) << store.error().text();
    const auto done = export_from(**store, directory.path(), "c");
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(names_in(directory / "out"), (std::vector<std::string>{"d", "same"}));
    EXPECT_EQ(names_in(directory / "out/d"), (std::vector<std::string>{"mine"}));
  }
  EXPECT_GE(staging, 10) << "it was hardly ever killed in the middle";
}

std::ptrdiff_t count_files(const std::string& directory) {
  std::error_code none;
  return std::distance(std::filesystem::directory_iterator(directory, none), {});
}

TEST(KillTest, WhatIsClearedOfADeadRunIsWholeOrGone) {
  const TemporaryDirectory directory;
  const std::string where = directory / "store";
  const std::string left = where + "/work/dead.step.1/result/output";
  constexpr int kLeft = 1000;
  std::mt19937 random(std::random_device{}());
  int half_way = 0;
  for (int round = 0; round < 200 && half_way < 10; ++round) {
    ASSERT_TRUE(make_directories(left));
    ASSERT_TRUE(write_file(where + "/lock", ""));  // it is a store
    for (int i = 0; i < kLeft; ++i) ASSERT_TRUE(write_file(left + "/" + std::to_string(i), ""));
    SpawnOptions options;
    options.argv = {"/proc/self/exe"};
    options.env = std::vector<std::string>{std::string(kCleared) + "=" + where};
    const auto child = spawn(options);
    ASSERT_TRUE(child) << child.error().text();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ::kill(child->pid, SIGKILL);
    ASSERT_TRUE(wait_for(*child));
    const auto files = count_files(left);
    ASSERT_TRUE(files == kLeft || files == 0) << files << " of " << kLeft;
    if (files == 0 && count_files(where + "/trash") > 0) ++half_way;
    ASSERT_TRUE(remove_tree(where));
  }
  EXPECT_GE(half_way, 1) << "it was never killed at it";
}

TEST(KillTest, WorkspacesOfLiveRunsStay) {
  const TemporaryDirectory directory;
  Pool pool(2);
  auto first = Store::open(directory / "store", pool);
  auto second = Store::open(directory / "store", pool);
  const Action action = numbered(1);
  const auto mine = (*first)->prepare(action, action_key(action), {"first", "step", 1});
  const auto other = (*second)->prepare(action, action_key(action), {"second", "step", 1});
  second->reset();
  EXPECT_TRUE(exists(mine->directory));
  EXPECT_TRUE(exists(other->directory)) << "its run ended without discarding it, and nobody has come since";
  auto third = Store::open(directory / "store", pool);
  ASSERT_TRUE((*third)->prepare(action, action_key(action), {"third", "step", 1}));
  third->reset();
  EXPECT_TRUE(exists(mine->directory));
  EXPECT_FALSE(exists(other->directory));
}

}  // namespace
}  // namespace boxcar
