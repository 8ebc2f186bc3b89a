#include "engine/daemon_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/sha256.h"
#include "engine/daemon_helper.h"
#include "engine/helper_binary.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

TEST(DaemonEngine, MakesFourContainersAtOnce) {
  EngineFixture on("docker");
  std::atomic<int> making = 0, most = 0;
  // Asked for while a container is made.
  const auto id_of = [&](const Image&) -> Result<std::string> {
    const int now = ++making;
    for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    --making;
    return fail(ErrorKind::NotFound, "there is none");
  };
  const auto claim = [](const std::string&) { return false; };
  const auto engine =
      make_daemon_engine(on.daemon, id_of, {test_run(), on.scratch.path(), Seconds(10), claim}, on.sink).value();
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, job = on.job(make_shell("true"))]() mutable {
      EXPECT_EQ(engine->start(std::move(job)).error().message, "there is none");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(most, 4);
}

TEST(DaemonEngine, IsRefusedWhereTheStoreCannotBeSaidInJson) {
  EngineFixture on("docker");
  const auto claim = [](const std::string&) { return false; };
  const auto id_of = [](const Image&) -> Result<std::string> { return std::string("test/busybox"); };
  const DaemonOptions options{test_run(), on.scratch / "caf\xe9", Seconds(10), claim};
  EXPECT_EQ(make_daemon_engine(on.daemon, id_of, options, on.sink).error().kind, ErrorKind::Denied);
  EXPECT_EQ(end_daemon_run(on.daemon, options, {}).error().kind, ErrorKind::Denied);
}

TEST(DaemonEngine, WhatOnlyHasTheHelpersNameIsNotTakenForIt) {
  for (const char* kind : {"docker", "podman"}) {
    EngineFixture on(kind);
    const auto ours = helper_image(*on.daemon).value();
    const std::string tag = "repo=boxcar.local/helper&tag=" + sha256(helper_binary()).short_hex();
    const auto tagged = on.daemon->post("/images/test/busybox/tag?" + tag);
    ASSERT_TRUE(tagged) << tagged.error().text();
    EXPECT_EQ(helper_image(*on.daemon).value(), ours);
  }
}

}  // namespace
}  // namespace boxcar::testing
