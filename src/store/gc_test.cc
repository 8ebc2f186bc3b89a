#include <gmock/gmock.h>

#include "base/directory.h"
#include "base/mounts.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

class GcTest : public StoreTest {
 protected:
  // As `boxcar gc` does: a store of its own, while others may be open.
  GcReport gc(const GcOptions& options) {
    auto store = Store::open(directory_ / "store", pool_);
    EXPECT_TRUE(store);
    auto report = (*store)->gc(options);
    EXPECT_TRUE(report) << report.error().text();
    return report ? *std::move(report) : GcReport{};
  }
  static GcOptions everything() {
    GcOptions options;
    options.older_than = Seconds(0);
    return options;
  }
};

TEST_F(GcTest, NothingAskedNothingRemoved) {
  step(action(), "echo hello >file");
  const GcReport report = gc({});
  EXPECT_TRUE(report.removed.empty());
  EXPECT_EQ(report.kept, 1U);
  EXPECT_EQ(report.kept_bytes, 6U);
}

TEST_F(GcTest, ByAge) {
  const StoredResult result = step(action(), "echo hello >file");
  reopen();
  GcOptions options;
  options.older_than = Seconds(3600);
  EXPECT_TRUE(gc(options).removed.empty());
  options.older_than = Seconds(0);
  options.dry_run = true;
  const std::string directory = store_->directory(result);
  GcReport report = gc(options);
  ASSERT_FALSE(report.removed.empty());
  EXPECT_EQ(report.removed[0].path, directory);
  EXPECT_EQ(report.removed[0].bytes, 6U);
  EXPECT_THAT(report.removed[0].why, HasSubstr("last used"));
  EXPECT_TRUE(exists(directory)) << "a dry run removes nothing";
  EXPECT_EQ(report.kept, 0U);
  options.dry_run = false;
  report = gc(options);
  EXPECT_FALSE(exists(directory));
  EXPECT_FALSE(exists(std::string(directory_name(directory)))) << "nor is the image's empty folder left";
  reopen();
  EXPECT_FALSE(cached(action()));
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "store/trash"));
}

TEST_F(GcTest, BySizeTheLeastRecentlyUsedFirst) {
  for (int i = 0; i < 4; ++i) step(action("step" + std::to_string(i)), "head -c 1000 /dev/zero >file");
  reopen();
  GcOptions options;
  options.max_bytes = 2500;
  const GcReport report = gc(options);
  EXPECT_EQ(report.removed.size(), 2U);
  EXPECT_EQ(report.kept_bytes, 2000U);
  EXPECT_FALSE(cached(action("step0")));
  EXPECT_FALSE(cached(action("step1")));
  EXPECT_TRUE(cached(action("step2")));
  EXPECT_TRUE(cached(action("step3")));
}

TEST_F(GcTest, ByReachability) {
  const Action kept = action("kept"), gone = action("gone");
  step(kept, "touch file");
  step(gone, "touch file");
  reopen();
  GcOptions options;
  options.reachable = std::vector<Key>{action_key(kept)};
  const GcReport report = gc(options);
  ASSERT_EQ(report.removed.size(), 1U);
  EXPECT_EQ(report.removed[0].why, "in no recorded run");
  EXPECT_TRUE(cached(kept));
  EXPECT_FALSE(cached(gone));
}

TEST_F(GcTest, LiveRunKeepsWhatItReadOrMade) {
  const Action looked_up = action("looked-up"), made = action("made"), other = action("other");
  step(looked_up, "touch file");
  step(other, "touch file");
  reopen();
  ASSERT_TRUE(cached(looked_up));
  step(made, "touch file");
  const GcReport report = gc(everything());
  EXPECT_EQ(report.kept, 2U);
  EXPECT_TRUE(cached(looked_up));
  EXPECT_TRUE(cached(made));
  EXPECT_FALSE(cached(other));
  reopen();
  gc(everything());
  EXPECT_FALSE(cached(looked_up)) << "the run has ended";
  store_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "store/live"));
}

TEST_F(GcTest, VerifyReadsContents) {
  const Action good = action("good"), bad = action("bad");
  step(good, "echo hello >file");
  // Shared by hard link, which is why a changed ctime alone says nothing.
  const std::string file = output_of(step(bad, "echo hello >file")) + "/file";
  reopen();
  shell(directory_.path(), "ln " + file + " link; touch -r link ref; printf 'hellO\\n' >link; touch -r ref link");
  EXPECT_TRUE(cached(bad)) << "its stat records do not tell";
  reopen();
  GcOptions options;
  options.verify = true;
  const GcReport report = gc(options);
  ASSERT_EQ(report.removed.size(), 1U);
  EXPECT_THAT(report.removed[0].why, HasSubstr("damaged: "));
  EXPECT_TRUE(cached(good));
  EXPECT_FALSE(cached(bad));
}

TEST_F(GcTest, WhatIsNotOursIsLeftAlone) {
  const std::vector<std::string> foreign = {"0123456789ab/0123456789ab/output", "0123456789ab/0123456789ab/input",
                                            "notes", "0123456789ab/readme/x"};
  for (const auto& path : foreign) ASSERT_TRUE(make_directories(directory_ / ("store/" + path)));
  GcOptions options = everything();
  options.verify = true;
  options.max_bytes = 0;
  options.reachable = std::vector<Key>{};
  EXPECT_TRUE(gc(options).removed.empty());
  for (const auto& path : foreign) EXPECT_TRUE(exists(directory_ / ("store/" + path))) << path;
}

TEST_F(GcTest, ResultTheIndexLostIsFoundByItsManifest) {
  step(action(), "touch file");
  store_.reset();
  shell(directory_ / "store", "rm index");
  EXPECT_EQ(gc(everything()).removed.size(), 2U) << "the result and its logs";
  reopen();
  EXPECT_FALSE(cached(action()));
}

TEST_F(GcTest, SharedFilesOutliveTheirOtherResult) {
  ASSERT_TRUE(enter_private_mounts());
  const Action source = action("source");
  Action join = action("join");
  join.inputs = {input("work", output_of(step(source, "echo a >a; echo b >b")))};
  join.outputs = {{"work", PortKind::Directory, "/work", true, "work"}};
  step(join, "echo more >>b");
  reopen();
  GcOptions options;
  options.reachable = std::vector<Key>{action_key(join)};
  EXPECT_EQ(gc(options).removed.size(), 1U);
  EXPECT_FALSE(cached(source));
  const auto found = store_->lookup(join, action_key(join));
  ASSERT_TRUE(found);
  EXPECT_EQ(contents(output_of(*found) + "/a"), "a\n");
}

TEST_F(GcTest, OldLogsAndKeptWorkspacesGoByAge) {
  const Workspace kept = prepare(action("failed"));
  store_->discard(kept, true);
  GcReport report = gc(everything());
  EXPECT_TRUE(exists(kept.log_directory)) << "the run lives";
  store_.reset();
  gc(everything());
  EXPECT_FALSE(exists(kept.log_directory));
  EXPECT_FALSE(exists(kept.directory));
}

TEST_F(GcTest, ListsOfWhatWasPlacedGoByAge) {
  ExportOptions options;
  options.owner = "flow.yml";
  ASSERT_TRUE(
      store_->export_port(output_of(step(action(), "touch x")), PortKind::Directory, directory_ / "out", options));
  const std::string placed = directory_ / "store/placed";
  shell(placed, "mkdir mine; touch mine/thesis other");
  gc(everything());
  EXPECT_THAT(names_in(placed), testing::ElementsAre("mine", "other")) << "what is no list stays";
}

// By who is not root.
TEST_F(GcTest, WhatADeletedStoreLeavesGoes) {
  const std::string result = store_->directory(step(action(), "mkdir sub; echo hello >sub/file"));
  const std::string image(directory_name(result));
  const std::string kliko = image + "/0123456789ab";  // the old one's
  shell(directory_ / "store", "mkdir -p " + kliko + "/output; touch " + kliko + "/parameters.json " + kliko +
                                  "/output/file; rm -f index " + result + "/manifest.json " + result + "/log.jsonl");
  step(action("b"), "touch file");
  EXPECT_TRUE(gc({}).removed.empty()) << "a run lives, and may read it";
  store_.reset();
  GcOptions options;
  options.dry_run = true;
  EXPECT_EQ(gc(options).removed.size(), 1U);
  EXPECT_TRUE(exists(result));
  const GcReport report = gc({});
  ASSERT_EQ(report.removed.size(), 1U);
  EXPECT_EQ(report.removed[0].path, result);
  EXPECT_EQ(report.removed[0].why, "what is left of a deleted result");
  EXPECT_FALSE(report.removed[0].result);
  EXPECT_FALSE(exists(result));
  EXPECT_TRUE(exists(kliko + "/output/file"));
  reopen();
  EXPECT_TRUE(cached(action("b")));
}

TEST_F(GcTest, IndexIsCompacted) {
  const Action a = action("a"), b = action("b");
  const std::string output = output_of(step(a, "for i in $(seq 30); do echo $i >file$i; done"));
  step(b, "touch file");
  for (int i = 0; i < 800; ++i) {
    ASSERT_EQ(::chmod((output + "/file1").c_str(), i % 2 == 0 ? 0644 : 0444), 0);
    ASSERT_TRUE(cached(a));
  }
  const auto size = std::filesystem::file_size(directory_ / "store/index");
  ASSERT_GT(size, 1U << 20);
  gc({});
  EXPECT_LT(std::filesystem::file_size(directory_ / "store/index"), size / 10);
  EXPECT_TRUE(cached(a)) << "who had the old one open goes on";
  step(action("c"), "touch file");
  reopen();
  EXPECT_TRUE(cached(a));
  EXPECT_TRUE(cached(b));
  EXPECT_TRUE(cached(action("c")));
}

}  // namespace
}  // namespace boxcar
