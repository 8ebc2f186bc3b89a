// For the tests of this folder: a store in a fresh directory, actions made by hand, and steps that are shell commands.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/process.h"
#include "fakes/temporary_directory.h"
#include "store/store.h"

namespace boxcar {

// Runs a shell script; its working directory is `directory`. What the tests do in place of a container.
inline void shell(const std::string& directory, const std::string& script) {
  SpawnOptions options;
  options.argv = {"/bin/sh", "-ec", "cd \"$1\"; " + script, "sh", directory};
  const auto done = run_program(std::move(options));
  ASSERT_TRUE(done) << done.error().text();
  ASSERT_EQ(done->exit.code, 0) << script << "\n" << done->err;
}

inline std::string contents(const std::string& path) {
  return read_file(path).value_or("<" + path + " can't be read>");
}

inline mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }

  void reopen(StoreOptions options = {.host_visible = false, .sync = false}) {
    store_.reset();
    auto opened = Store::open(directory_ / "store", pool_, options);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }

  // A step with one required directory port `output` at /output.
  static Action action(const std::string& name = "step") {
    Action action;
    auto image = std::make_shared<Image>();
    image->reference = "docker.io/kliko/test:latest";
    image->architecture = "amd64";
    image->identity = sha256("the test's image");
    action.image = image;
    action.step = name;
    action.argv = {"/kliko", name};
    action.working_dir = "/";
    action.parameters = "{\"a\":1}";
    action.parameters_path = "/parameters.json";
    action.outputs.push_back({"output", PortKind::Directory, "/output", true, ""});
    return action;
  }

  ActionInput input(const std::string& port, const std::string& source, PortKind kind = PortKind::Directory) {
    ActionInput input;
    input.port = port;
    input.kind = kind;
    input.path = "/" + port;
    input.source = source;
    if (!source.empty()) {
      const auto tree = store_->digest_host(source);
      EXPECT_TRUE(tree) << tree.error().text();
      if (tree) input.content = (*tree)->digest;
    }
    return input;
  }

  // Where the container would see `path`.
  static std::string seen(const Workspace& workspace, const std::string& path) {
    for (const auto& mount : workspace.mounts) {
      if (mount.target == path) return mount.source;
    }
    ADD_FAILURE() << "nothing is mounted at " << path;
    return "/nowhere";
  }

  Workspace prepare(const Action& action) {
    auto workspace = store_->prepare(action, action_key(action), {"run", action.step, ++attempts_});
    EXPECT_TRUE(workspace) << workspace.error().text();
    return workspace ? *std::move(workspace) : Workspace{};
  }

  // Runs `script` where the first output is, as the step.
  Result<StoredResult> try_step(const Action& action, const std::string& script) {
    const Workspace workspace = prepare(action);
    const auto& output = action.outputs.front();
    const bool file = output.kind == PortKind::File;
    shell(seen(workspace, file ? std::string(directory_name(output.path)) : output.path), script);
    auto result = store_->commit(workspace, action, action_key(action), Ending{});
    store_->discard(workspace, false);
    return result;
  }

  StoredResult step(const Action& action, const std::string& script) {
    auto result = try_step(action, script);
    EXPECT_TRUE(result) << result.error().text();
    return result ? *std::move(result) : StoredResult{};
  }

  std::string refusal(const Action& action, const std::string& script) {
    const auto result = try_step(action, script);
    EXPECT_FALSE(result);
    if (result) return "";
    EXPECT_EQ(result.error().kind, ErrorKind::Invalid);
    return result.error().text();
  }

  bool cached(const Action& action) { return store_->lookup(action, action_key(action)).has_value(); }
  std::string output_of(const StoredResult& result, std::size_t port = 0) {
    return store_->port_path(result, result.ports.at(port));
  }

  TemporaryDirectory directory_;
  Pool pool_{2};
  std::unique_ptr<Store> store_;
  int attempts_ = 0;
};

}  // namespace boxcar
