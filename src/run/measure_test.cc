#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fd.h"
#include "fakes/temporary_directory.h"
#include "run/measure_ahead.h"

namespace boxcar {
namespace {

using Mode = ScaleRule::Mode;

class MeasureTest : public testing::Test {
 protected:
  void SetUp() override {
    write("one/a.dcm", 100);
    write("one/deep/b.dcm", 50);
    write("one/notes.txt", 7);
    write("two/c.dcm", 120);
    write("top.dcm", 1000);
    write("../outside/big.dcm", 100000);
    ASSERT_EQ(::symlink("../outside", (port_ + "/out").c_str()), 0);
    ASSERT_EQ(::symlink("../../outside/big.dcm", (port_ + "/one/big.dcm").c_str()), 0);
  }
  void write(const std::string& path, std::size_t size) {
    const std::string whole = port_ + "/" + path;
    ASSERT_TRUE(make_directories(std::string(directory_name(whole))));
    ASSERT_TRUE(write_file(whole, std::string(size, 'x')));
  }
  std::pair<std::uint64_t, std::uint64_t> measured(const ScaleRule& rule, const std::string& path = "") {
    const auto done = measure(rule, path.empty() ? port_ : path);
    EXPECT_TRUE(done) << done.error().text();
    return done ? std::pair(done->bytes, done->files) : std::pair<std::uint64_t, std::uint64_t>();
  }
  static ScaleRule rule(Mode mode, std::string directory = "", std::string regex = ".*", std::string glob = "*") {
    ScaleRule rule;
    rule.mode = mode;
    rule.directory = std::move(directory);
    rule.regex = std::move(regex);
    rule.glob = std::move(glob);
    return rule;
  }

  TemporaryDirectory directory_;
  std::string port_ = directory_.path() + "/port";
};

using Both = std::pair<std::uint64_t, std::uint64_t>;  // bytes, files

TEST_F(MeasureTest, HasThreeModes) {
  EXPECT_EQ(measured(rule(Mode::Sum)), Both(1277, 5));
  EXPECT_EQ(measured(rule(Mode::LargestFile)), Both(1000, 5));
  EXPECT_EQ(measured(rule(Mode::LargestItem)), Both(157, 4)) << "one: 100 + 50 + 7; top.dcm is in no item";
}

TEST_F(MeasureTest, CountsWhatGlobAndExpressionMatch) {
  EXPECT_EQ(measured(rule(Mode::Sum, "", ".*", "*.dcm")), Both(1270, 4));
  EXPECT_EQ(measured(rule(Mode::LargestItem, "", ".*", "*.dcm")), Both(150, 3));
  EXPECT_EQ(measured(rule(Mode::Sum, "", "one/[^/]*")), Both(107, 2)) << "a path relative to the directory, all of it";
  EXPECT_EQ(measured(rule(Mode::Sum, "one", "deep/b.dcm|a")), Both(50, 1));
  EXPECT_EQ(measured(rule(Mode::Sum, "one", ".*", "[ab].dcm")), Both(150, 2));
  EXPECT_FALSE(measure(rule(Mode::Sum, "", "("), port_));
}

TEST_F(MeasureTest, FollowsNoSymlinkAndFindsNothingWhereNothingIs) {
  EXPECT_EQ(measured(rule(Mode::Sum, "out")), Both(0, 0));
  EXPECT_EQ(measured(rule(Mode::Sum, "out/..")), Both(0, 0));
  EXPECT_EQ(measured(rule(Mode::Sum, "../outside")), Both(0, 0));
  EXPECT_EQ(measured(rule(Mode::Sum, "three")), Both(0, 0));
  EXPECT_EQ(measured(rule(Mode::Sum, "top.dcm")), Both(0, 0));
  EXPECT_FALSE(measure(rule(Mode::Sum), port_ + "/missing"));
}

TEST_F(MeasureTest, AFileIsMeasuredItself) {
  EXPECT_EQ(measured(rule(Mode::Sum), port_ + "/one/a.dcm"), Both(100, 1));
  EXPECT_EQ(measured(rule(Mode::LargestFile, "", ".*", "*.txt"), port_ + "/one/a.dcm"), Both(0, 0));
}

TEST_F(MeasureTest, WalksDeepTrees) {
  std::string path;
  for (int i = 0; i < 600; ++i) path += "d/";
  write(path + "leaf", 9);
  EXPECT_EQ(measured(rule(Mode::Sum, "d")), Both(9, 1));
}

TEST_F(MeasureTest, IsGivenUp) {
  int asked = 0;
  const auto done = measure(rule(Mode::Sum), port_, [&] { return ++asked == 3; });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::Cancelled);
  EXPECT_EQ(asked, 3);
}

TEST_F(MeasureTest, AheadOfARun) {
  ScaledNeeds needs;
  needs.rules = {{"in", rule(Mode::Sum), {}}, {"none", rule(Mode::Sum), {}}, {"later", rule(Mode::Sum), {}}};
  const std::vector<ToMeasure> steps{{3, needs, {{"in", port_}, {"none", ""}}}, {5, needs, {}}};
  EventQueue events;
  Pool pool(2);
  const auto measured = measure_ahead(steps, pool, events);
  ASSERT_TRUE(measured) << measured.error().text();
  EXPECT_EQ(measured->at(3).needs.limits.memory, kLeastMemory);
  EXPECT_EQ(measured->at(3).rules[0].measured->bytes, 1277U);
  EXPECT_EQ(measured->at(3).rules[1].measured->files, 0U);
  EXPECT_FALSE(measured->at(3).rules[2].measured);
  EXPECT_EQ(measured->at(5).needs, Needs());
}

TEST_F(MeasureTest, AheadOfARunUntilItIsInterrupted) {
  ScaledNeeds needs;
  needs.rules = {{"in", rule(Mode::Sum), {}}};
  EventQueue events;
  Pool pool(1);
  pool.submit([&] {  // what takes long
    while (!pool.cancelled()) std::this_thread::yield();
  });
  events.post(Interrupted{});
  const auto measured = measure_ahead({{0, needs, {{"in", port_}}}}, pool, events);
  ASSERT_FALSE(measured);
  EXPECT_EQ(measured.error().kind, ErrorKind::Cancelled);
}

// Kubernetes would refuse it. Before the limit is known nothing is more than it.
TEST_F(MeasureTest, ARequestIsNoMoreThanTheLimitThatWasMeasured) {
  ScaledNeeds needs;
  needs.needs.requests.memory = 100 << 20;
  needs.rules = {{"in", rule(Mode::Sum), {}}, {"later", rule(Mode::Sum), {}}};
  ASSERT_TRUE(measure_rules(needs, {{"in", port_}}));
  EXPECT_EQ(needs.needs.requests.memory, 100U << 20);
  ASSERT_TRUE(measure_rules(needs, {{"in", port_}, {"later", ""}}));
  EXPECT_EQ(needs.needs.requests.memory, kLeastMemory);
}

}  // namespace
}  // namespace boxcar
