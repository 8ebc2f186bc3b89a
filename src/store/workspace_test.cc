// What of an attempt lies where, and what its inputs must still be when it ends.
#include "store/workspace.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "store/store_fixture.h"

namespace boxcar {
namespace {

using testing::HasSubstr;

class WorkspaceTest : public StoreTest {};

TEST_F(WorkspaceTest, MountsAreWhatTheActionSays) {
  const std::string data = directory_ / "data";
  shell("/", "mkdir -p " + data + "; echo x >" + data + "/x");
  Action a = action();
  a.inputs = {input("empty", ""), input("file", data + "/x", PortKind::File), input("input", data)};
  a.outputs.push_back({"text", PortKind::File, "/out/dir/text.txt", true, ""});
  const Workspace workspace = prepare(a);
  EXPECT_EQ(workspace.directory, directory_ / "store/work/run.step.1");
  EXPECT_EQ(workspace.log_directory, directory_ / "store/runs/run/step.1");
  EXPECT_TRUE(exists(workspace.log_directory));
  std::vector<std::string> targets;
  for (const auto& mount : workspace.mounts)
    targets.push_back(mount.target + (mount.writable ? " rw" : " ro") + (mount.directory ? "" : " file"));
  EXPECT_THAT(targets, testing::ElementsAre("/empty ro", "/file ro file", "/input ro", "/out/dir rw", "/output rw",
                                            "/parameters.json ro file"));
  EXPECT_EQ(seen(workspace, "/input"), data);
  EXPECT_EQ(seen(workspace, "/file"), data + "/x");
  EXPECT_TRUE(std::filesystem::is_empty(seen(workspace, "/empty")));
  EXPECT_EQ(mode_of(seen(workspace, "/output")), 0777U) << "a container may run as anyone";
  EXPECT_EQ(mode_of(seen(workspace, "/out/dir")), 0777U);
  EXPECT_EQ(mode_of(directory_ / "store/work"), 0700U) << "and nobody else gets there";
  EXPECT_EQ(contents(seen(workspace, "/parameters.json")), "{\"a\":1}");
  EXPECT_EQ(mode_of(seen(workspace, "/parameters.json")), 0444U);
}

TEST_F(WorkspaceTest, DiscardedIsRemovedWhateverIsInIt) {
  const Workspace workspace = prepare(action());
  shell(seen(workspace, "/output"), "mkdir -p a/b; touch a/b/c; chown -R 12345 a; chmod 000 a/b a");
  store_->discard(workspace, false);
  store_.reset();
  EXPECT_FALSE(exists(workspace.directory));
  EXPECT_TRUE(exists(workspace.log_directory)) << "logs stay";
}

TEST_F(WorkspaceTest, KeptOneOutlivesLaterRuns) {
  const Workspace kept = prepare(action("kept"));
  shell(seen(kept, "/output"), "echo half >half");
  store_->discard(kept, true);
  reopen();
  prepare(action("later"));
  store_.reset();
  EXPECT_EQ(contents(seen(kept, "/output") + "/half"), "half\n");
}

// Names that a result has for its own files, and hidden ones, are names of ports all the same, each with a folder.
TEST_F(WorkspaceTest, PortsMayBeCalledAsFilesOfTheResult) {
  const std::vector<std::string> names = {"%2ehidden", ".entries",      ".hidden",        "log.jsonl",
                                          "log.json",  "manifest.json", "parameters.json"};
  Action a = action();
  a.outputs.clear();
  for (const auto& name : names) a.outputs.push_back({name, PortKind::Directory, "/out/" + name, true, ""});
  a.outputs.push_back({"z", PortKind::File, "/file/.z", true, ""});
  const Workspace workspace = prepare(a);
  for (const auto& name : names) shell(seen(workspace, "/out/" + name), "echo \"" + name + "\" >text");
  shell(seen(workspace, "/file"), "echo z >.z");
  ASSERT_TRUE(write_file(workspace.log_directory + "/log.jsonl", "{}\n"));
  const auto committed = store_->commit(workspace, a, action_key(a), Ending{});
  ASSERT_TRUE(committed) << committed.error().text();
  store_->discard(workspace, false);
  for (const bool by_manifest : {false, true}) {
    if (by_manifest) std::filesystem::remove(directory_ / "store/index");
    reopen();
    const auto found = store_->lookup(a, action_key(a));
    ASSERT_TRUE(found);
    ASSERT_EQ(found->ports.size(), names.size() + 1);
    for (const auto& port : found->ports) {
      const std::string path = store_->port_path(*found, port);
      if (port.port == "z") {
        EXPECT_EQ(contents(path), "z\n");
      } else {
        EXPECT_EQ(contents(path + "/text"), port.port + "\n");
      }
    }
    EXPECT_EQ(contents(store_->directory(*found) + "/log.jsonl"), "{}\n");
    EXPECT_EQ(contents(store_->directory(*found) + "/parameters.json"), "{\"a\":1}");
  }
  GcOptions options;
  options.verify = true;
  const auto report = store_->gc(options);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->kept, 1U);
}

TEST_F(WorkspaceTest, UnusablePortsAreRefused) {
  for (const char* name : {"a/b", ""}) {
    Action a = action();
    a.outputs[0].port = name;
    const auto workspace = store_->prepare(a, action_key(a), {"run", "step", 1});
    ASSERT_FALSE(workspace) << name;
    EXPECT_THAT(workspace.error().text(), HasSubstr("can't be called '" + std::string(name)));
    Workspace begun;
    begun.directory = directory_ / "store/work/run.step.1";
    store_->discard(begun, false);
    reopen();
  }
  Action a = action();
  a.outputs = {{"text", PortKind::File, "/text", true, ""}};
  EXPECT_FALSE(store_->prepare(a, action_key(a), {"run", "other", 1}));
}

TEST_F(WorkspaceTest, InputThatChangedWhileTheStepReadItFailsTheAttempt) {
  const std::string data = directory_ / "data";
  shell("/", "mkdir -p " + data + "/sub; echo x >" + data + "/x; echo y >" + data + "/sub/y");
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"echo z >>x", "input file " + data + "/x"},        {"rm x", "input "},
      {"echo q >sub/y", "input file " + data + "/sub/y"}, {"echo new >sub/new", "input file " + data + "/sub"},
      {"mv sub/y sub/z", "input file " + data + "/sub"},  {"chmod +x sub/z", "input file " + data + "/sub/z"},
  };
  for (const auto& [change, message] : changes) {
    Action a = action();
    a.inputs = {input("input", data)};
    const Workspace workspace = prepare(a);
    shell(seen(workspace, "/output"), "touch file");
    shell(data, change);
    const auto result = store_->commit(workspace, a, action_key(a), Ending{});
    store_->discard(workspace, false);
    ASSERT_FALSE(result) << change;
    EXPECT_EQ(result.error().kind, ErrorKind::Invalid);
    EXPECT_THAT(result.error().text(), HasSubstr(message)) << change;
    EXPECT_THAT(result.error().text(), HasSubstr("changed while the step read it")) << change;
    EXPECT_FALSE(cached(a)) << change;
  }
  Action a = action();
  a.inputs = {input("input", data)};
  EXPECT_TRUE(try_step(a, "touch file")) << "tried again, what is there now counts";
}

TEST_F(WorkspaceTest, InputThatChangedBeforeTheStepStartedFailsIt) {
  const std::string file = directory_ / "file";
  ASSERT_TRUE(write_file(file, "before"));
  Action a = action();
  a.inputs = {input("input", file, PortKind::File)};
  a.inputs[0].content = sha256("something else");
  const auto workspace = store_->prepare(a, action_key(a), {"run", "step", 1});
  ASSERT_FALSE(workspace);
  EXPECT_THAT(workspace.error().text(), HasSubstr(file + " changed since it was looked at"));
}

TEST_F(WorkspaceTest, ReplacedResultFailsWhoReadsIt) {
  const Action source = action("source");
  Action reader = action("reader");
  reader.inputs = {input("input", output_of(step(source, "echo 1 >x")))};
  const Workspace workspace = prepare(reader);
  shell(seen(workspace, "/output"), "touch file");
  step(source, "echo 2 >x");
  const auto result = store_->commit(workspace, reader, action_key(reader), Ending{});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().text(), HasSubstr("was replaced while the step read it"));
}

TEST_F(WorkspaceTest, DigestsOfTheHostAreKept) {
  const std::string data = directory_ / "data";
  shell("/", "mkdir " + data + "; cd " + data + "; for i in $(seq 200); do echo $i >$i; done; touch -d '1 hour ago' *");
  const auto first = store_->digest_host(data);
  ASSERT_TRUE(first);
  const auto files = std::distance(std::filesystem::directory_iterator(directory_ / "store/digests"), {});
  EXPECT_EQ(files, 1);
  reopen();
  const auto again = store_->digest_host(data);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->digest, (*first)->digest);
  shell(data, "echo x >100");
  reopen();
  const auto changed = store_->digest_host(data);
  ASSERT_TRUE(changed);
  EXPECT_NE((*changed)->digest, (*first)->digest);
  shell(directory_ / "store/digests",
        "for f in *; do printf x | dd of=$f bs=1 seek=300 conv=notrunc 2>/dev/null; done");
  reopen();
  const auto torn = store_->digest_host(data);
  ASSERT_TRUE(torn);
  EXPECT_EQ((*torn)->digest, (*changed)->digest);
}

}  // namespace
}  // namespace boxcar
