// The example of Kliko's own documentation, a graph of five tasks, built in code and run in real containers.
#include "boxcar/boxcar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace boxcar {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

std::string text_of(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class Vermeerkat : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::absolute("api-test." + std::to_string(::getpid()) + "." + std::to_string(++count_));
    fs::create_directories(directory_);
    ::setenv("XDG_DATA_HOME", (directory_ / "data").c_str(), 1);
    ::setenv("XDG_STATE_HOME", (directory_ / "state").c_str(), 1);
    image("downobs", "split", "url: {type: str, required: true}\nfilename: {type: str, required: true}",
          "echo \"data of $(value url)\" >/output/$(value filename)");
    image("h5toms", "split", "", "mkdir /output/obs.ms; cat /input/*.h5 >/output/obs.ms/table");
    image("rfimasker", "join", "mask: {type: file, required: true}",
          "cat $(value mask) >>/work/obs.ms/table; mv /work/obs.ms /work/masked.ms");
    image("autoflagger", "join", "", "echo flagged >>/work/masked.ms/table");
    image("wsclean", "split", "weight: {type: choice, initial: natural, choices: {natural: n, uniform: u}}",
          "{ echo \"image, $(value weight)\"; cat /input/masked.ms/table; } >/output/image.txt");
    std::ofstream(directory_ / "rfi_mask.pickle") << "the mask\n";
  }
  void TearDown() override { fs::remove_all(directory_); }

  // An image of busybox whose /kliko runs `script`; `fields` are "name: {…}" lines.
  void image(const std::string& name, const std::string& mode, const std::string& fields, const std::string& script) {
    const fs::path root = directory_ / name;
    fs::create_directories(root / "bin");
    fs::copy_file("/bin/busybox", root / "bin/busybox");
    std::ofstream spec(root / "kliko.yml");
    spec << "schema_version: 4\nio: " << mode << "\n";
    if (!fields.empty()) spec << "sections:\n- name: main\n  description: of the tool\n  fields:\n";
    std::istringstream lines(fields);
    for (std::string line; std::getline(lines, line);) {
      const auto colon = line.find(": {");
      spec << "  - {name: " << line.substr(0, colon) << ", " << line.substr(colon + 3) << "\n";
    }
    spec.close();
    std::ofstream program(root / "kliko");
    program << "#!/bin/busybox sh\nset -eu\nfor a in cat mkdir mv sed; do eval \"$a() { busybox $a \\\"\\$@\\\"; }\"; "
               "done\n"
            << "value() { sed -E \"s/.*\\\"$1\\\": ?\\\"([^\\\"]*)\\\".*/\\1/\" /parameters.json; }\n"
            << script << "\n";
    program.close();
    fs::permissions(root / "kliko", fs::perms(0755));
    const fs::path layout = directory_ / (name + ".oci");
    const std::string make = std::string(BOXCAR_SOURCE_DIR) + "/tests/make_image.sh " + layout.string() +
                             " vermeerkat/" + name + ":0.1 " + root.string();
    ASSERT_EQ(std::system(make.c_str()), 0);
    layouts_.push_back(layout.string());
  }

  // The names under which the images are known: straight from their layouts.
  std::string name_of(const std::string& name) const { return "oci:" + (directory_ / (name + ".oci")).string(); }

  WorkflowBuilder workflow() const {
    WorkflowBuilder workflow("vermeerkat", directory_.string());
    const auto download = workflow.step("download", name_of("downobs"))
                              .param("url", "http://somewhere/somefile.h5")
                              .param("filename", "1471892026.h5");
    const auto h5toms = workflow.step("h5toms", name_of("h5toms")).requires_step(download);
    const auto masked =
        workflow.step("rfimasker", name_of("rfimasker")).param("mask", "rfi_mask.pickle").requires_step(h5toms);
    const auto flagged = workflow.step("autoflagger", name_of("autoflagger")).requires_step(masked);
    const auto clean = workflow.step("wsclean", name_of("wsclean")).param("weight", "uniform").requires_step(flagged);
    workflow.output("image", clean, "output", "images");
    return workflow;
  }

  fs::path directory_;
  std::vector<std::string> layouts_;
  static int count_;
};
int Vermeerkat::count_ = 0;

TEST_F(Vermeerkat, RunsFiveStepsAndFindsThemAgain) {
  std::vector<std::string> told;
  RunSettings settings;
  settings.progress = [&](const std::string& line) { told.push_back(line); };
  const RunSummary first = workflow().run(settings);
  ASSERT_TRUE(first.ok()) << first.explanation();
  ASSERT_EQ(first.steps.size(), 5U);
  for (const auto& step : first.steps) EXPECT_EQ(step.status, "succeeded") << step.name;
  EXPECT_EQ(text_of(directory_ / "images/image.txt"),
            "image, uniform\ndata of http://somewhere/somefile.h5\nthe mask\nflagged\n");
  EXPECT_THAT(told, Contains(HasSubstr("wsclean: running")));
  // The join steps left what they read as it was.
  EXPECT_EQ(text_of(fs::path(first.step("h5toms")->result) / "output/obs.ms/table"),
            "data of http://somewhere/somefile.h5\n");

  const RunSummary again = workflow().run();
  ASSERT_TRUE(again.ok()) << again.explanation();
  for (const auto& step : again.steps) EXPECT_EQ(step.status, "cached") << step.name;
}

TEST_F(Vermeerkat, SaysAllThatIsWrongBeforeAnythingStarts) {
  WorkflowBuilder wrong("wrong", directory_.string());
  const auto download = wrong.step("download", name_of("downobs")).param("ulr", "x").param("filename", 3);
  wrong.step("h5toms", name_of("h5toms")).input("inptu", download, "output");
  const RunSummary run = wrong.run();
  EXPECT_FALSE(run.ok());
  EXPECT_TRUE(run.steps.empty());
  EXPECT_THAT(run.problems, Contains(HasSubstr("'url'")));     // did you mean
  EXPECT_THAT(run.problems, Contains(HasSubstr("filename")));  // an int is no string
  EXPECT_THAT(run.problems, Contains(HasSubstr("'input'")));   // did you mean
}

// Whether the calling thread's SIGINT is blocked, and whether SIGPIPE is ignored.
std::pair<bool, bool> signals_now() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  struct sigaction pipe {};
  ::sigaction(SIGPIPE, nullptr, &pipe);
  return {::sigismember(&mask, SIGINT) == 1, pipe.sa_handler == SIG_IGN};
}

TEST_F(Vermeerkat, LeavesSignalsAsTheyWere) {
  image("slow", "split", "", "busybox sleep 60");
  WorkflowBuilder waiting("waiting", directory_.string());
  waiting.step("slow", name_of("slow"));
  RunSettings settings;
  std::pair<bool, bool> during;
  settings.progress = [&](const std::string& line) {
    if (line != "slow: running") return;
    during = signals_now();
    ::kill(::getpid(), SIGINT);
  };
  const RunSummary run = waiting.run(settings);
  EXPECT_EQ(run.status, "cancelled") << run.explanation();
  EXPECT_EQ(during, std::pair(true, true));
  EXPECT_EQ(signals_now(), std::pair(false, false));

  // One that nobody took off the process: the run is cancelled while it looks for images, and this program lives on.
  sigset_t interrupt;
  ::sigemptyset(&interrupt);
  ::sigaddset(&interrupt, SIGINT);
  WorkflowBuilder early("early", directory_.string());
  fs::create_directory(directory_ / "in");
  early.step("rfimasker", name_of("rfimasker"))
      .param("mask", "rfi_mask.pickle")
      .input("work", (directory_ / "in").string());
  ::pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
  ::kill(::getpid(), SIGINT);
  EXPECT_EQ(early.run().status, "cancelled");
  EXPECT_EQ(signals_now(), std::pair(true, false));  // as it was
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(::sigismember(&pending, SIGINT), 0);
  ::pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
}

TEST_F(Vermeerkat, TellsOfAStepThatFails) {
  image("broken", "split", "", "echo no >&2; exit 7");
  WorkflowBuilder failing("failing", directory_.string());
  const auto broken = failing.step("broken", name_of("broken")).retries(1);
  failing.step("next", name_of("h5toms")).requires_step(broken);
  const RunSummary run = failing.run();
  EXPECT_EQ(run.status, "failed");
  EXPECT_EQ(run.step("broken")->exit_code, 7);
  EXPECT_EQ(run.step("broken")->attempts, 2);
  EXPECT_EQ(run.step("next")->status, "skipped");
  EXPECT_THAT(run.explanation(), HasSubstr("exited with code 7"));
}

}  // namespace
}  // namespace boxcar
