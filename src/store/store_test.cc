#include "store/store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

TEST_F(StoreTest, ResultIsFoundAgainAlsoByAnotherProcess) {
  const Action a = action();
  EXPECT_FALSE(cached(a));
  const StoredResult made = step(a, "echo hello >file; mkdir sub; echo x >sub/x");
  reopen();
  const auto found = store_->lookup(a, action_key(a));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ports.at(0).content, made.ports.at(0).content);
  EXPECT_EQ(found->finished, made.finished);
  EXPECT_EQ(contents(output_of(*found) + "/file"), "hello\n");
  EXPECT_EQ(store_->directory(*found),
            directory_ / "store/" + a.image->identity.short_hex() + "/" + action_key(a).short_hex());
}

TEST_F(StoreTest, ResultHoldsManifestParametersAndLog) {
  const Action a = action();
  const Workspace workspace = prepare(a);
  ASSERT_TRUE(write_file(workspace.log_directory + "/log.jsonl", "{}\n"));
  shell(seen(workspace, "/output"), "echo hello >file");
  Ending ending;
  ending.peak_memory = 7;
  ending.seconds = 1.5;
  const auto result = store_->commit(workspace, a, action_key(a), ending);
  ASSERT_TRUE(result) << result.error().text();
  const std::string at = store_->directory(*result);
  const std::string manifest = contents(at + "/manifest.json");
  EXPECT_THAT(manifest, HasSubstr(action_key(a).hex()));
  EXPECT_THAT(manifest, HasSubstr("docker.io/kliko/test:latest"));
  EXPECT_THAT(manifest, HasSubstr(result->ports[0].content.hex()));
  EXPECT_EQ(contents(at + "/parameters.json"), "{\"a\":1}");
  EXPECT_EQ(contents(at + "/log.jsonl"), "{}\n");
  EXPECT_EQ(result->seconds, 1.5);
  EXPECT_EQ(result->peak_memory, 7U);
  const auto fields = store_->kept_fields(action_key(a), a.image->identity);
  ASSERT_TRUE(fields) << fields.error().text();
  EXPECT_EQ(first_difference(*fields, key_fields(a)), "");
}

TEST_F(StoreTest, AlteredFileIsNoticed) {
  const Action a = action();
  const std::string file = output_of(step(a, "echo hello >file")) + "/file";
  EXPECT_TRUE(cached(a));
  // Of the same size, the time put back: only the ctime tells.
  shell("/", "touch -r " + file + " /tmp/boxcar-store-ref-$$; printf 'hellO\\n' >" + file +
                 "; touch -r /tmp/boxcar-store-ref-$$ " + file + "; rm /tmp/boxcar-store-ref-$$");
  EXPECT_FALSE(cached(a));
  EXPECT_FALSE(cached(a)) << "nor is it adopted again";
  const StoredResult again = step(a, "echo hello >file");
  EXPECT_TRUE(cached(a));
  EXPECT_EQ(contents(output_of(again) + "/file"), "hello\n");
}

TEST_F(StoreTest, PartlyDeletedOrExtendedResultIsNoticed) {
  const std::vector<std::string> damages = {"rm output/file",
                                            "rm -r output/sub",
                                            "rm -r output",
                                            "rm manifest.json",
                                            "touch output/more",
                                            "chmod +x output/file",
                                            "mv output/file output/elif",
                                            "ln -sf x output/link",
                                            "rm -r ."};
  for (std::size_t i = 0; i < damages.size(); ++i) {
    const std::string& damage = damages[i];
    const Action a = action("step" + std::to_string(i));
    const auto result = step(a, "echo hello >file; mkdir sub; touch sub/x; ln -s file link");
    EXPECT_TRUE(cached(a));
    if (damage == "rm -r .") {
      ASSERT_TRUE(remove_tree(store_->directory(result)));
    } else {
      shell(store_->directory(result), damage);
    }
    EXPECT_FALSE(cached(a)) << damage;
    reopen();
    EXPECT_FALSE(cached(a)) << damage << ", later";
    step(a, "echo hello >file; mkdir sub; touch sub/x; ln -s file link");
    EXPECT_TRUE(cached(a)) << damage << ", made again";
  }
}

TEST_F(StoreTest, TouchedButSameContentStaysAResult) {
  const Action a = action();
  const std::string output = output_of(step(a, "echo hello >file"));
  shell(output, "chmod 644 file; touch file; touch x; rm x");
  EXPECT_TRUE(cached(a));
  reopen();
  EXPECT_TRUE(cached(a));
}

TEST_F(StoreTest, LostIndexIsMadeUpForByManifests) {
  const Action good = action("good"), bad = action("bad");
  const StoredResult made = step(good, "echo hello >file");
  const std::string output = output_of(step(bad, "echo hello >file"));
  store_.reset();
  shell(directory_ / "store", "rm index");
  shell(output, "echo hellO >file");
  reopen();
  EXPECT_TRUE(cached(good));
  EXPECT_FALSE(cached(bad)) << "what was altered while no index watched is read, not believed";
  shell(directory_ / "store", "head -c 100 index >torn; cat torn >index; rm torn");
  reopen();
  EXPECT_TRUE(cached(good));
}

TEST_F(StoreTest, TornIndexIsWrittenOn) {
  const Action a = action("a"), b = action("b");
  step(a, "touch file");
  store_.reset();
  shell(directory_ / "store", "printf 'garbage of a write that was cut off' >>index");
  reopen();
  EXPECT_TRUE(cached(a));
  step(b, "touch file");
  reopen();
  EXPECT_TRUE(cached(a));
  EXPECT_TRUE(cached(b));
}

TEST_F(StoreTest, TwoStoresSeeEachOthersResults) {
  auto other = Store::open(directory_ / "store", pool_, {.host_visible = false, .sync = false});
  ASSERT_TRUE(other);
  for (int i = 0; i < 3; ++i) {
    const Action a = action("step" + std::to_string(i));
    EXPECT_FALSE((*other)->lookup(a, action_key(a)));
    step(a, "touch file");
    EXPECT_TRUE((*other)->lookup(a, action_key(a)));
  }
}

TEST_F(StoreTest, AnotherKeyWithTheSameFolderIsNotTakenForIt) {
  const Action a = action();
  Key key = action_key(a);
  step(a, "touch file");
  key.bytes[31] ^= 1;
  EXPECT_FALSE(store_->lookup(a, key));
}

TEST_F(StoreTest, ForeignFolderInAResultsPlaceIsKeptBeside) {
  const Action a = action();
  const std::string place = directory_ / ("store/" + a.image->identity.short_hex() + "/" + action_key(a).short_hex());
  ASSERT_TRUE(make_directories(place + "/output"));
  ASSERT_TRUE(write_file(place + "/output/old", "of the old Kliko"));
  EXPECT_FALSE(cached(a));
  step(a, "echo new >file");
  EXPECT_TRUE(cached(a));
  EXPECT_EQ(contents(place + "/output/file"), "new\n");
  shell(std::string(directory_name(place)), "grep -q Kliko *.foreign-*/output/old");
}

TEST_F(StoreTest, SameResultMadeTwiceStays) {
  const Action a = action();
  const std::string file = output_of(step(a, "echo same >file")) + "/file";
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(file.c_str(), &before), 0);
  step(a, "echo same >file");
  ASSERT_EQ(::stat(file.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  step(a, "echo other >file");
  EXPECT_EQ(contents(file), "other\n");
  EXPECT_TRUE(cached(a));
  const auto replaced = directory_ / "store/trash";
  EXPECT_FALSE(std::filesystem::is_empty(replaced)) << "this run may be reading it";
  store_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(replaced));
}

TEST_F(StoreTest, KeyIsLockedOnce) {
  auto other = Store::open(directory_ / "store", pool_);
  ASSERT_TRUE(other);
  const Key key = sha256("a key");
  auto held = store_->try_lock(key);
  ASSERT_TRUE(held);
  EXPECT_FALSE(store_->try_lock(key)) << "in the same process";
  EXPECT_FALSE((*other)->try_lock(key)) << "by another open file";
  EXPECT_TRUE((*other)->try_lock(sha256("another key")));
  held.reset();
  EXPECT_TRUE((*other)->try_lock(key));
}

TEST_F(StoreTest, FilePortIsTheFile) {
  Action a = action();
  a.outputs = {{"sorted", PortKind::File, "/outputs/sorted/words.txt", true, ""},
               {"unwritten", PortKind::File, "/outputs/unwritten/x", false, ""}};
  const StoredResult result = step(a, "echo b >words.txt; echo scratch >tmp");
  EXPECT_EQ(contents(output_of(result)), "b\n");
  EXPECT_EQ(base_name(output_of(result)), "words.txt");
  EXPECT_EQ(result.ports[0].content, sha256("b\n"));
  EXPECT_TRUE(result.ports[0].present);
  EXPECT_FALSE(result.ports[1].present);
  EXPECT_FALSE(exists(store_->directory(result) + "/unwritten"));
  EXPECT_FALSE(exists(store_->directory(result) + "/sorted/tmp"));
  reopen();
  EXPECT_TRUE(cached(a));
  EXPECT_EQ(base_name(output_of(result)), "words.txt");
}

// As the runner does: the loop looks up, several threads of the pool prepare, commit and discard.
TEST_F(StoreTest, ManyThreadsAtOnce) {
  constexpr int kSteps = 200;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kSteps; i += 4) {
        const Action a = action("step" + std::to_string(i));
        const auto lock = store_->try_lock(action_key(a));
        const auto workspace = store_->prepare(a, action_key(a), {"run", a.step, 1});
        const bool done = workspace && write_file(workspace->mounts[0].source + "/file", a.step) &&
                          store_->commit(*workspace, a, action_key(a), Ending{});
        if (!done || !lock) ++failed;
        if (workspace) store_->discard(*workspace, false);
      }
    });
  }
  for (int found = 0; found < kSteps && failed == 0;) {
    found = 0;
    for (int i = 0; i < kSteps; ++i) found += cached(action("step" + std::to_string(i))) ? 1 : 0;
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  for (int i = 0; i < kSteps; ++i) EXPECT_TRUE(cached(action("step" + std::to_string(i)))) << i;
}

TEST_F(StoreTest, ManySmallFiles) {
  const Action a = action();
  const Workspace workspace = prepare(a);
  const std::string output = seen(workspace, "/output");
  for (int d = 0; d < 20; ++d) {
    const std::string sub = output + "/" + std::to_string(d);
    ASSERT_EQ(::mkdir(sub.c_str(), 0755), 0);
    for (int i = 0; i < 1000; ++i) {
      const UniqueFd fd(::open((sub + "/" + std::to_string(i)).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
      ASSERT_TRUE(write_all(fd.get(), std::to_string(i)));
    }
  }
  const auto started = std::chrono::steady_clock::now();
  const auto result = store_->commit(workspace, a, action_key(a), Ending{});
  ASSERT_TRUE(result) << result.error().text();
  RecordProperty("commit_ms",
                 static_cast<int>((std::chrono::steady_clock::now() - started) / std::chrono::milliseconds(1)));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(20));
  EXPECT_TRUE(cached(a));
  reopen();
  EXPECT_TRUE(cached(a));
  shell(output_of(*result), "echo other >17/333");
  EXPECT_FALSE(cached(a));
}

TEST_F(StoreTest, WhatIsSomebodyElsesIsNoStore) {
  const auto refusal = [&](const std::string& name) {
    const auto opened = Store::open(directory_ / name, pool_);
    EXPECT_FALSE(opened) << name;
    return opened ? "" : opened.error().text();
  };
  shell(directory_ / "", R"x(mkdir -p a/work b/live b/trash c linked elsewhere; echo thesis >a/work/thesis.tex.1
    echo a >b/live/a; echo b >b/trash/b; echo notes >c/index; echo mine >elsewhere/x.1; ln -s ../elsewhere linked/work
    mkdir d; echo key >d/lock)x");
  EXPECT_THAT(refusal("a"), HasSubstr("/a is no store, and has something of its own where a store has its 'work'"));
  EXPECT_THAT(refusal("b"), HasSubstr("'trash'"));
  EXPECT_THAT(refusal("c"), HasSubstr("'index'"));
  EXPECT_THAT(refusal("d"), HasSubstr("'lock'"));
  EXPECT_THAT(refusal("linked"), HasSubstr("'work'"));
  for (const std::string name : {"a", "b", "c", "elsewhere", "nowhere"}) {
    const auto found = Store::find(directory_ / name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().text(), "there is no store at " + (directory_ / name));
  }
  EXPECT_TRUE(Store::find(directory_ / "store"));
  shell(directory_ / "", R"x([ "$(cat a/work/*/* a/work/* b/*/* c/* d/* elsewhere/* 2>/dev/null | tr '\n' ' ')" = \
    "thesis a b notes key mine " ]; [ ! -e c/lock ])x");
  // Nothing but what a boxcar made is ever removed from a store; one that lost its lock file is one by its name.
  shell(directory_ / "",
        R"x(mkdir -p .boxcar/work/run.step.1 .boxcar/trash; cd .boxcar; echo x >work/notes.txt; echo x >work/notes
    echo x >trash/paper; echo x >trash/2.1-2-3)x");
  ASSERT_TRUE(Store::open(directory_ / ".boxcar", pool_));
  shell(directory_ / ".boxcar", R"x([ "$(echo work/* trash/*)" = "work/notes work/notes.txt trash/paper" ])x");
  // Nor through a symlink.
  shell(directory_ / ".boxcar", "rm -r work; ln -s ../elsewhere work");
  ASSERT_TRUE(Store::open(directory_ / ".boxcar", pool_));
  EXPECT_EQ(contents(directory_ / "elsewhere/x.1"), "mine\n");
}

}  // namespace
}  // namespace boxcar
