#include "engine/runtime.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "engine/oci_config.h"
#include "engine/run_guard.h"
#include "engine/seccomp_profile.h"
#include "engine/testing.h"

namespace boxcar::testing {
namespace {

using ::testing::HasSubstr;

TEST(ChooseRuntime, TakesCrunFirst) {
  const auto chosen = choose_runtime("", "");
  ASSERT_TRUE(chosen);
  EXPECT_THAT(chosen->version, HasSubstr("crun 1"));
  EXPECT_FALSE(chosen->own_group);
}

TEST(ChooseRuntime, TakesWhatIsAskedFor) {
  ::setenv("BOXCAR_RUNTIME", "runc", 1);
  const auto by_variable = choose_runtime("", "");
  const auto by_option = choose_runtime("crun", "");
  ::unsetenv("BOXCAR_RUNTIME");
  EXPECT_THAT(by_variable->version, HasSubstr("runc 1"));
  EXPECT_TRUE(by_variable->own_group);
  EXPECT_THAT(by_option->version, HasSubstr("crun 1"));
}

TEST(ChooseRuntime, SaysWhatIsMissing) {
  const auto none = choose_runtime("no-such-runtime", "");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::NotFound) << "trying again does not help";
  EXPECT_THAT(none.error().message, HasSubstr("'no-such-runtime' is not installed"));
}

TEST(ChooseRuntime, ABrokenOneIsNotTaken) {
  const TemporaryDirectory dir;
  std::ignore = write_file(dir / "broken", "#!/bin/sh\necho cannot >&2; exit 3\n", 0755);
  const auto broken = choose_runtime(dir / "broken", "");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("cannot"));
}

TEST(ChooseRuntime, AsksForTheVersionOnceUntilTheFileChanges) {
  const TemporaryDirectory dir;
  const auto install = [&](const std::string& version) {
    std::ignore = remove_tree(dir / "fake");
    std::ignore = write_file(dir / "fake",
                             "#!/bin/sh\necho x >> " + dir / "asked" + "\necho crun version " + version + "\n", 0755);
  };
  const auto version = [&] { return choose_runtime(dir / "fake", dir / "cache")->version; };
  install("1.0");
  EXPECT_EQ(version(), "crun 1.0");
  EXPECT_EQ(version(), "crun 1.0");
  EXPECT_EQ(read_file(dir / "asked").value(), "x\n");
  install("1.0.1");
  EXPECT_EQ(version(), "crun 1.0.1");
  EXPECT_EQ(read_file(dir / "asked").value(), "x\nx\n");
}

TEST(RuntimeError, IsTheLastErrorInPlainWords) {
  EXPECT_EQ(
      runtime_error(R"({"level":"warning","msg":"odd"})"
                    "\nnot json\n"
                    R"({"msg":"first","level":"error"})"
                    "\n"
                    R"({"level":"error","msg":"runc run failed: unable to start container process: it is broken"})"),
      "it is broken");
  EXPECT_EQ(runtime_error(R"({"level":"warning","msg":"odd"})"), "");
  EXPECT_EQ(runtime_error(""), "");
}

TEST(OciConfig, IsJsonAndSaysWhatIsAsked) {
  auto action = make_action({"/bin/x", "a\"b"});
  action->network = false;
  ContainerSpec spec;
  spec.action = action.get();
  spec.root = "/some/root";
  spec.cgroup = "boxcar/run/1/runtime";
  spec.reset_domain = true;
  spec.mounts = {{"/in", "/input", false, true}, {"/out", "/output", true, true}, {"/f", "/file", false, false}};
  const auto text = oci_config(spec);
  ASSERT_TRUE(text);
  const auto config = nlohmann::json::parse(*text);
  EXPECT_EQ(config["process"]["args"][1], "a\"b");
  EXPECT_EQ(config["linux"]["cgroupsPath"], "boxcar/run/1/runtime");
  EXPECT_EQ(config["linux"]["sysctl"]["kernel.domainname"], "(none)");
  EXPECT_EQ(config["linux"]["namespaces"].size(), 5U);
  const auto options = [&](std::size_t i) { return config["mounts"][6 + i]["options"].dump(); };
  EXPECT_EQ(options(0), R"(["rbind","nosuid","nodev","ro","rro","rnosuid","rnodev"])");
  EXPECT_EQ(options(1), R"(["rbind","nosuid","nodev","rw","rnosuid","rnodev"])");
  EXPECT_EQ(options(2), R"(["rbind","nosuid","nodev","ro"])");
}

TEST(SeccompProfile, LetsThroughWhatTheImageIsMadeOf) {
  const auto profile = nlohmann::json::parse(seccomp_profile("amd64"));
  EXPECT_EQ(profile["architectures"].dump(), "[]") << "the machine's own needs no naming";
  EXPECT_EQ(profile["defaultAction"], "SCMP_ACT_ERRNO");
  const auto of_32_bits = nlohmann::json::parse(seccomp_profile("386"));
  EXPECT_EQ(of_32_bits["architectures"].dump(), R"(["SCMP_ARCH_X86"])");
}

TEST(ContainerInit, IsTakenOnlyForTheFirstOfItsNamespace) {
  const TemporaryDirectory dir;
  EXPECT_EQ(container_init(dir / "none"), -1);
  std::ignore = write_file(dir / "pid", std::to_string(::getpid()));
  EXPECT_EQ(container_init(dir / "pid"), -1) << "this process is no container";
  std::ignore = write_file(dir / "pid", "");
  EXPECT_EQ(container_init(dir / "pid"), -1);
  std::ignore = write_file(dir / "pid", "1");
  EXPECT_EQ(container_init(dir / "pid"), -1);
}

TEST(PrepareRun, DoesItOnce) {
  EXPECT_NE(run_guard(), nullptr);
  EXPECT_TRUE(prepare_run("another")) << "the second call does nothing";
  EXPECT_EQ(run_guard()->run, test_run());
}

}  // namespace
}  // namespace boxcar::testing
