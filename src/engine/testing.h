// For the engines' tests: a root tree of busybox as the one layer, a sink that remembers, real daemons.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/daemon_engine.h"
#include "engine/embedded.h"
#include "fakes/temporary_directory.h"

namespace boxcar::testing {

// Busybox with its applets in /bin, /etc/passwd and /etc/group, and little else.
void make_busybox_tree(const std::string& directory);

std::shared_ptr<Action> make_action(std::vector<std::string> argv);
// Its processes are known by test_run(), the shell's own name.
std::shared_ptr<Action> make_shell(const std::string& script);

class RememberingSink : public EngineSink {
 public:
  struct Seen {
    int started = 0;
    int ended = 0;
    bool after_end = false;  // something came when it should have been over
    std::uint64_t out_bytes = 0;
    std::string out, err;  // the first megabyte
    Ending ending;
  };
  void started(JobId id) override;
  void output(JobId id, Stream stream, std::string_view bytes) override;
  void ended(JobId id, const Ending& ending) override;
  Seen wait(JobId id);                                      // for its end
  void wait_for_output(JobId id, const std::string& text);  // on stdout
  Seen now(JobId id);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<JobId, Seen> seen_;
};

// A daemon of the tests' own (tests/start_daemon.sh), of the kind "docker" or "podman". Started when it is first asked
// for, ended with the tests.
std::shared_ptr<Daemon> test_daemon(const std::string& kind);
pid_t test_daemon_pid(const std::string& kind);

// An engine over one layer, and how to run a job on it: "docker", "podman", or the embedded one with that runtime.
class EngineFixture {
 public:
  explicit EngineFixture(const std::string& kind);
  Job job(std::shared_ptr<const Action> action);
  RememberingSink::Seen run(std::shared_ptr<const Action> action, std::vector<Mount> mounts = {});
  RememberingSink::Seen shell(const std::string& script) { return run(make_shell(script)); }
  std::string processes() const;       // those of shells; "" when there are none
  std::string traces(JobId id) const;  // what is left of a job: mounts, bundle, groups, a container

  const std::shared_ptr<Daemon> daemon;  // null: embedded
  TemporaryDirectory scratch;
  std::vector<std::string> layers;
  RememberingSink sink;
  std::unique_ptr<Engine> engine;
};

std::string test_run();  // the run's name of this process
std::string leftovers(
    const std::string& run);  // processes, mounts, cgroups and locks of a run, for people; "" when there are none

}  // namespace boxcar::testing
