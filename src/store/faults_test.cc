// One commit, disturbed at each of its system calls by strace: killed there, or told that the call failed. Another
// process, as a later run, must find a whole result or none, must be able to make it, and must leave nothing else.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <map>
#include <set>

#include "base/mounts.h"
#include "base/text.h"
#include "base/tree_digest.h"
#include "store/layout.h"
#include "store/store_fixture.h"

namespace boxcar {
namespace {

constexpr const char* kStore = "BOXCAR_TEST_COMMITS_ONCE_TO";
constexpr const char* kKind = "BOXCAR_TEST_COMMIT";
// Calls of these say in strace's log where the commit begins and ends.
constexpr const char* kBegins = "/boxcar/commit-begins";
constexpr const char* kEnds = "/boxcar/commit-ends";
constexpr int kFailed = 7;    // the commit gave an error, which was printed
constexpr int kUnready = 99;  // never came to the commit

// Fresh: two ports, one with files, directories and links, and a file; the store is new.
// View: works in place on another result, through an overlay.
// Replaced: a damaged result stands in its place.
// Many: so many files that their stat records stand in a file of their own, and one sync is for all.
enum class Kind { Fresh, View, Replaced, Many };
const std::map<std::string, Kind> kKinds = {
    {"fresh", Kind::Fresh}, {"view", Kind::View}, {"replaced", Kind::Replaced}, {"many", Kind::Many}};

Action action_of(const std::string& step) {
  Action action;
  auto image = std::make_shared<Image>();
  image->architecture = "amd64";
  image->identity = sha256("image");
  action.image = image;
  action.argv = {"/kliko", step};
  action.working_dir = "/";
  action.step = step;
  action.parameters = "{}";
  action.parameters_path = "/parameters.json";
  action.outputs = {{"output", PortKind::Directory, "/output", true, ""}};
  return action;
}

bool write_outputs(Kind kind, const std::string& output, const std::string& note) {
  std::string script = "mkdir -p a/b; echo one >a/one; echo two >a/b/two; ln -s /output/a/one one; echo log >\"$2\"";
  if (kind == Kind::View) script = "mv a/b b; rm one; echo three >a/three; echo more >>a/one; echo log >\"$2\"";
  if (kind == Kind::Many) script = "i=0; while [ $i -lt 2100 ]; do : >$i; i=$((i+1)); done; echo log >\"$2\"";
  SpawnOptions options;
  options.argv = {"/bin/sh", "-ec", "cd \"$1\"; " + script, "sh", output, note};
  const auto done = run_program(std::move(options));
  return done && done->exit.code == 0;
}

// The step as a run does it. Before and after the commit, `mark` is told where it is.
Result<StoredResult> make(Store& store, const Action& action, Kind kind, const char* run,
                          const std::function<void(const char*)>& mark) {
  const Key key = action_key(action);
  TRY(const auto workspace, store.prepare(action, key, {run, action.step, 1}));
  CHECK_OK(make_directories(workspace.log_directory));
  std::string output;
  for (const auto& mount : workspace.mounts) {
    if (mount.target == "/output") output = mount.source;
  }
  if (!write_outputs(kind, output, join_path(workspace.log_directory, kLogFile))) {
    return fail(ErrorKind::Internal, "the step failed");
  }
  mark(kBegins);
  auto result = store.commit(workspace, action, key, Ending{});
  mark(kEnds);
  store.discard(workspace, false);
  return result;
}

// What there is before the disturbed step, and that step's action.
Result<Action> set_up(Store& store, Kind kind) {
  const auto quiet = [](const char*) {};
  Action action = action_of("step");
  if (kind == Kind::View) {
    const Action before = action_of("before");
    auto result = store.lookup(before, action_key(before));
    if (!result) {
      TRY(result, make(store, before, Kind::Fresh, "first", quiet));
    }
    const auto& port = result->ports[0];
    action.inputs = {{"work", PortKind::Directory, "/output", true, port.content, store.port_path(*result, port)}};
    action.outputs[0].works_on = "work";
  }
  return action;
}

// Everything of the commit on the calling thread, so that its calls are always the same: the pool's one thread is busy.
void commit_once(const std::string& directory, Kind kind) {
  if (!enter_private_mounts()) ::_exit(kUnready);
  Pool pool(1);
  std::promise<void> never;
  std::promise<void> busy;
  pool.submit([&] {
    busy.set_value();
    never.get_future().wait();
  });
  busy.get_future().wait();
  auto store = Store::open(directory, pool, {.host_visible = false, .sync = true});
  if (!store) ::_exit(kUnready);
  const auto action = set_up(**store, kind);
  if (!action) ::_exit(kUnready);
  if (kind == Kind::Replaced) {
    const auto old = make(**store, *action, kind, "first", [](const char*) {});
    if (!old || ::unlink(((*store)->directory(*old) + "/output/a/one").c_str()) != 0) ::_exit(kUnready);
  }
  const auto result = make(**store, *action, kind, "second", [](const char* at) { (void)::access(at, F_OK); });
  if (!result) {
    const std::string text = result.error().text();
    (void)!::write(STDOUT_FILENO, text.data(), text.size());
  }
  store->reset();  // waits for what is cleared in the background
  ::_exit(result ? 0 : kFailed);
}

const bool is_the_disturbed_one = [] {
  const char* directory = std::getenv(kStore);
  if (directory != nullptr) commit_once(directory, kKinds.at(std::getenv(kKind)));
  return false;
}();

struct Call {
  std::string name;
  int number = 0;  // the how manieth of that name since the program began, from 1
  std::string text;
};

// Calls for memory, random numbers and waiting on other threads: how many there are is a matter of the moment, and the
// disk does not notice them.
bool leaves_no_trace(const Call& call) {
  static const std::set<std::string> names = {"futex",   "getrandom",     "sched_yield",   "brk",
                                              "madvise", "mprotect",      "clock_gettime", "clock_nanosleep",
                                              "munmap",  "rt_sigprocmask"};
  return names.contains(call.name) || call.text.find("MAP_ANONYMOUS") != std::string::npos;
}

class FaultsTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_FALSE(is_the_disturbed_one);
    ASSERT_TRUE(find_program("strace")) << "strace is not installed";
    ASSERT_TRUE(enter_private_mounts());
    kind_ = kKinds.at(GetParam());
  }

  // Runs the commit below strace with `options`.
  Finished disturbed(const std::string& store, const std::vector<std::string>& options) {
    SpawnOptions spawn;
    spawn.argv = {"strace", "-qq", "-o", log_};
    spawn.argv.insert(spawn.argv.end(), options.begin(), options.end());
    spawn.argv.emplace_back("/proc/self/exe");
    spawn.argv.back() = std::filesystem::read_symlink("/proc/self/exe");
    spawn.env = std::vector<std::string>{std::string(kStore) + "=" + store, std::string(kKind) + "=" + GetParam()};
    auto done = run_program(std::move(spawn), std::chrono::seconds(60));
    EXPECT_TRUE(done) << done.error().text();
    return done ? *std::move(done) : Finished{};
  }

  // The system calls of an undisturbed commit that could leave a trace, in order.
  std::vector<Call> calls() {
    const TemporaryDirectory directory;
    const auto done = disturbed(directory / "store", {});
    EXPECT_EQ(done.exit.code, 0) << done.out << done.err;
    std::map<std::string, int> counts;
    std::vector<Call> calls;
    bool within = false;
    const std::string log = contents(log_);
    for (const auto line : lines(log)) {
      const auto end = line.find('(');
      if (end == std::string_view::npos || line.starts_with("---") || line.starts_with("+++")) continue;
      Call call{std::string(line.substr(0, end)), 0, std::string(line)};
      call.number = ++counts[call.name];
      if (line.find(kEnds) != std::string_view::npos) within = false;
      if (within && !leaves_no_trace(call)) calls.push_back(std::move(call));
      if (line.find(kBegins) != std::string_view::npos) within = true;
    }
    EXPECT_GT(calls.size(), 20U);
    return calls;
  }

  // What a run finds and does after the disturbed one. `committed`: it must find the result.
  void check_later_run(const std::string& where, bool committed) {
    Pool pool(2);
    auto opened = Store::open(where, pool, {.host_visible = false, .sync = false});
    ASSERT_TRUE(opened) << opened.error().text();
    Store& store = **opened;
    const auto action = set_up(store, kind_);
    ASSERT_TRUE(action) << action.error().text();
    auto result = store.lookup(*action, action_key(*action));
    EXPECT_TRUE(result || !committed) << "it said that the result is there";
    if (!result) {
      auto made = make(store, *action, kind_, "later", [](const char*) {});
      ASSERT_TRUE(made) << made.error().text();
      result = *std::move(made);
    }
    const std::string output = store.port_path(*result, result->ports[0]);
    const auto tree = digest_tree(output, pool);
    ASSERT_TRUE(tree) << tree.error().text();
    EXPECT_EQ(tree->digest, result->ports[0].content);
    if (right_.is_zero()) right_ = tree->digest;
    EXPECT_EQ(tree->digest, right_);
    for (const char* file : {"manifest.json", "parameters.json", "log.jsonl"}) {
      EXPECT_TRUE(exists(join_path(store.directory(*result), file))) << file;
    }
    opened->reset();
    for (const char* folder : {"work", "trash", "live"}) {
      const std::string path = join_path(where, folder);
      EXPECT_TRUE(!exists(path) || std::filesystem::is_empty(path)) << folder;
    }
    std::set<std::string> others;
    for (const auto& entry : std::filesystem::directory_iterator(where)) others.insert(entry.path().filename());
    for (const char* known : {"index", "lock", "work", "trash", "live", "runs"}) others.erase(known);
    EXPECT_EQ(others.size(), 1U) << "what is not the image's folder: " << testing::PrintToString(others);
    const auto results = std::filesystem::directory_iterator(join_path(where, *others.begin()));
    EXPECT_EQ(std::distance(begin(results), end(results)), kind_ == Kind::View ? 2 : 1);
  }

  // Every call; of those for each of many files some, and the end of it all.
  bool chosen(std::size_t call, std::size_t of) const {
    return kind_ != Kind::Many || call % 1499 == 0 || call + 16 >= of;
  }

  const TemporaryDirectory scratch_;
  const std::string log_ = scratch_ / "strace.log";
  Kind kind_ = Kind::Fresh;
  Digest right_;
};

TEST_P(FaultsTest, KilledAtAnySystemCall) {
  const auto all = calls();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Call& call = all[i];
    if (!chosen(i, all.size())) continue;
    SCOPED_TRACE("call " + std::to_string(i) + " of " + std::to_string(all.size()) + ": " + call.text);
    const TemporaryDirectory directory;
    const std::string inject = call.name + ":signal=SIGKILL:when=" + std::to_string(call.number);
    const auto done = disturbed(directory / "store", {"-e", "trace=" + call.name, "-e", "inject=" + inject});
    EXPECT_EQ(done.exit.signal, SIGKILL) << "it ended by itself: " << done.exit.code << done.out << done.err;
    check_later_run(directory / "store", false);
    if (HasFailure()) return;
  }
}

// What a full or broken disk may make fail. The pipe by which a sanitizer tries memory is none of its business.
bool can_fail(const Call& call, const std::string& error) {
  static const std::set<std::string> reads = {"openat", "openat2", "open",     "read",       "pread64",
                                              "fstat",  "stat",    "lstat",    "newfstatat", "getdents64",
                                              "statx",  "access",  "readlink", "readlinkat", "lseek"};
  static const std::set<std::string> never = {"close",  "rt_sigaction", "pipe2",   "gettid",
                                              "getpid", "geteuid",      "getegid", "umask"};
  if (never.contains(call.name)) return false;
  const bool makes = call.text.find("O_CREAT") != std::string::npos;
  return error == "EIO" || makes || !reads.contains(call.name);
}

TEST_P(FaultsTest, AnySystemCallFailing) {
  const auto all = calls();
  for (const std::string error : {"EIO", "ENOSPC", "EDQUOT"}) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Call& call = all[i];
      if (!chosen(i, all.size())) continue;
      if (!can_fail(call, error)) continue;
      SCOPED_TRACE(error + " from call " + std::to_string(i) + " of " + std::to_string(all.size()) + ": " + call.text);
      const TemporaryDirectory directory;
      const std::string inject = call.name + ":error=" + error + ":when=" + std::to_string(call.number);
      const auto done = disturbed(directory / "store", {"-e", "trace=" + call.name, "-e", "inject=" + inject});
      EXPECT_EQ(done.exit.signal, 0) << done.err;
      EXPECT_TRUE(done.exit.code == 0 || done.exit.code == kFailed) << done.exit.code << done.err;
      if (done.exit.code == kFailed) {
        EXPECT_GT(done.out.size(), 10U) << "no sentence";
      } else {
        // What says that the bytes are on the disk is believed.
        EXPECT_TRUE(call.name != "fsync" && call.name != "syncfs") << "a result was kept that may not last";
      }
      check_later_run(directory / "store", done.exit.code == 0);
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Commits, FaultsTest, testing::Values("fresh", "view", "replaced", "many"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace boxcar
