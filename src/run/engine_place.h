// Where a run's containers run, and where its images come from: this machine by itself (the embedded engine), or a
// Docker or Podman daemon.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/pool.h"
#include "engine/engine.h"
#include "image/images.h"

namespace boxcar {

class Daemon;

struct EngineCall {
  std::string run;                                    // the run's id
  std::string store;                                  // absolute
  Seconds grace{10};                                  // between SIGTERM and SIGKILL after a timeout
  std::function<bool(const std::string& run)> claim;  // DaemonOptions::claim
};

class EnginePlace {
 public:
  virtual ~EnginePlace() = default;
  virtual std::string name() const = 0;  // "embedded", "docker", "podman"
  // Opened with the first call. `pool` outlives the place; a daemon's has one of its own.
  virtual Images& images(Pool& pool) = 0;
  // The engine does not see this process's own mounts.
  virtual bool host_visible() const = 0;
  // What must happen before any thread is started: the embedded engine's namespaces and watcher, which is the run's. An
  // error is make()'s too.
  virtual Result<void> prepare(const EngineCall& call) = 0;
  // After images() and prepare(). On a pool thread.
  virtual Result<std::unique_ptr<Engine>> make(const EngineCall& call, EngineSink& sink) = 0;

  // Of Docker and Podman; else null.
  virtual std::shared_ptr<Daemon> daemon() const { return nullptr; }

  // How `choose` came to it, a sentence, when it was "auto".
  const std::string& why() const { return why_; }

  // `wanted`: "auto", "embedded", "docker" or "podman". Before any thread is started. Auto takes the embedded engine
  // where it can be used, since that is the fastest and needs nobody, else Docker, else Podman; where there is none the
  // error says of each why.
  static Result<std::unique_ptr<EnginePlace>> choose(const std::string& wanted);
  // For who only reads images: where auto finds no engine, this machine's own store can still be read.
  static Result<std::unique_ptr<EnginePlace>> choose_for_reading(const std::string& wanted);

  // Ends what still runs of call.run, whose runner is dead: also what it had taken up of other dead ones, known by one
  // of its keys. `name`: name() of where it ran. True when there was something. Before any thread is started.
  static Result<bool> end_run(const std::string& name, const EngineCall& call, const std::set<Key>& keys);

 private:
  virtual Result<bool> end(const EngineCall& call, const std::set<Key>& keys) = 0;

  std::string why_;
};

}  // namespace boxcar
