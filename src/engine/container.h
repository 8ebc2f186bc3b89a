// One job of the embedded engine, from its bundle to the proof that it is gone.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/process.h"
#include "engine/cgroups.h"
#include "engine/engine.h"
#include "engine/mount_places.h"
#include "engine/roots.h"
#include "engine/runtime.h"

namespace boxcar {

// What all containers of an engine share.
struct ContainerHost {
  Runtime runtime;
  std::string state;  // RunGuard::state
  const RunCgroups* cgroups = nullptr;
  std::shared_ptr<MountPlaces> places;
  std::shared_ptr<Roots> roots;
  std::vector<Mount> network_files;     // /etc/resolv.conf and /etc/hosts for who shares the host's network
  std::vector<Mount> no_network_files;  // /etc/hosts for who has none
  bool recursive_readonly = true;
  bool reset_domain = false;
  bool rootless = false;  // base/user_namespace.h
  bool one_id = false;
};

// Not thread-safe: made on a pool thread, from launch() on used by the engine's thread alone.
class Container {
 public:
  // Mounts the root, writes the bundle, makes the cgroup and the pipes. `host` outlives the container.
  static Result<std::unique_ptr<Container>> prepare(Job job, const std::vector<std::string>& layers,
                                                    const ContainerHost& host);
  ~Container();  // remove()
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  Result<void> launch();  // on a thread that outlives the container (launch.h)

  const Job& job() const { return job_; }
  int pidfd() const { return child_.pidfd.get(); }  // readable when the runtime has ended; -1 before launch()
  UniqueFd& output(Stream stream) { return stream == Stream::Out ? out_ : err_; }  // non-blocking read ends

  // SIGTERM to the first process, or kill() where that would do nothing: a signal that the first process of a pid
  // namespace does not handle is dropped by the kernel instead of ending it. False: there is no first process yet, ask
  // again.
  bool terminate();
  // SIGKILL, until gone(): to the first process, with which all others of its namespace die, so that the runtime can
  // reap it and clean up; from the second call on to everything, the runtime too.
  void kill();
  Result<Exit> reap();  // once pidfd() is readable
  bool gone() const;    // no process of it is left
  bool began() const;   // the runtime told its first process, so that there was a container
  Usage usage() const { return cgroup_.usage(); }
  std::string runtime_error() const;  // why the runtime could not run it, or ""
  // Gives back the root, removes cgroup, bundle and the runtime's state. False: something is busy still. What it wrote
  // stays in Job::directory, to be removed with the workspace.
  bool remove();

 private:
  Container(Job job, const ContainerHost& host);
  Result<void> make_bundle();
  Result<void> mount_root(std::vector<std::string> layers);
  Result<void> write_config();
  Result<void> open_pipes();
  std::string pid_file() const;
  std::string id() const { return std::to_string(job_.id); }

  Job job_;  // without its secrets once the bundle holds them
  const ContainerHost& host_;
  std::vector<Mount> mounts_;  // the job's, and those of name services before them
  std::optional<Roots::Root> root_;
  std::string bundle_;  // below host_.state
  bool killed_ = false;
  uid_t uid_ = 0;
  JobCgroup cgroup_;
  Child child_;
  UniqueFd out_, err_;              // our ends
  UniqueFd child_out_, child_err_;  // the container's, until it is launched
};

}  // namespace boxcar
