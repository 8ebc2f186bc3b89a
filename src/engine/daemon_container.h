// One container of a daemon, from its creation to its removal. Blocking calls, for pool threads; not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cgroups.h"
#include "engine/daemon_host.h"
#include "engine/engine.h"

namespace boxcar {

class DaemonContainer {
 public:
  // Removed again with its owner, unless remove() did so. Errors as Engine::start() has them.
  static Result<std::unique_ptr<DaemonContainer>> create(const DaemonHost& host, Job job);
  // One that is there.
  static std::unique_ptr<DaemonContainer> of(const DaemonHost& host, Job job, const std::string& id);
  ~DaemonContainer();
  DaemonContainer(const DaemonContainer&) = delete;
  DaemonContainer& operator=(const DaemonContainer&) = delete;

  // The files that the daemon does not see, if it does not; with secrets, the program that takes them. `helper`:
  // helper_image().
  Result<void> send(const std::string& helper);
  // What that program reads from its standard input; the secrets are forgotten then. Before start().
  std::string take_secrets();
  Result<void> start();

  struct State {
    std::string status;  // "created", "running", "exited", …
    int exit_code = 0;
    bool out_of_memory = false;
    double seconds = 0;  // it ran
    pid_t pid = 0;       // of the daemon's machine; 0: it does not run
  };
  Result<State> state();
  // What it left becomes this machine's and the caller's; once it has ended.
  Result<void> take_outputs(const std::string& helper);
  Result<void> remove();
  void leave() { path_.clear(); }  // somebody else removes it

  const Job& job() const { return job_; }
  bool has_secrets() const { return has_secrets_; }  // then the daemon keeps no log of it
  const std::string& path() const { return path_; }  // "/containers/ID", of requests about it; "" when it was removed
  std::string name() const;                          // by which people find it in the daemon
  std::string may_run_on() const;  // "; there NAME may run on…": what a daemon that fell silent may do

 private:
  DaemonContainer(const DaemonHost& host, Job job)
      : host_(host), job_(std::move(job)), has_secrets_(!job_.secrets.empty()) {}
  Result<void> make();
  Error explained(Error error) const;

  const DaemonHost& host_;
  Job job_;
  const bool has_secrets_;
  std::string path_;  // "" when there is none
};

// The labels of all containers of an engine, as a JSON object; with those of `job`.
std::string daemon_labels(const DaemonHost& host, const Job* job = nullptr);
// What the daemon lists at `path`, up to "filters=", of this store and this user: a JSON array.
Result<std::string> listed(const DaemonHost& host, const std::string& path);

}  // namespace boxcar
