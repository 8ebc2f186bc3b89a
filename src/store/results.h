// What the runner needs of a place that keeps results. Two implementations: Store (store.h, on disk) and the one of the
// tests' fakes, in memory, with which the scheduler is measured alone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "plan/action.h"
#include "plan/outcome.h"
#include "store/workspace.h"

namespace boxcar {

// Held while a key is being computed, so that two boxcars do not compute it twice. Only ever spares work: nothing is
// wrong without it.
class KeyLock {
 public:
  virtual ~KeyLock() = default;
};

class Results {
 public:
  virtual ~Results() = default;

  // On the runner's loop: fast, never waits. None when there is no such result, or when it was altered or partly
  // deleted (its stat records tell).
  virtual std::optional<StoredResult> lookup(const Action& action, const Key& key) = 0;
  // Where the content of a port lies: of a file port the file itself. Absolute.
  virtual std::string port_path(const StoredResult& result, const PortResult& port) const = 0;
  virtual std::string directory(const StoredResult& result) const = 0;
  // Never waits. null: another runner, of this or another process, holds it.
  virtual std::unique_ptr<KeyLock> try_lock(const Key& key) = 0;

  // On a pool thread. Makes the attempt's directories, places parameters and files, mounts copy-on-write views.
  virtual Result<Workspace> prepare(const Action& action, const Key& key, const AttemptName& name) = 0;
  // The same, for a container that a dead runner left running: the workspace of its attempt `left` as it is, with a log
  // of `name`'s own. Its parameters and views are there already. NotFound when it is not.
  virtual Result<Workspace> reopen(const Action& action, const AttemptName& left, const AttemptName& name) = 0;
  // On a pool thread. Checks the inputs again and the outputs, takes ownership, hashes, describes, syncs, renames into
  // place. Invalid: what the step left is not a result (a declared output is missing, a FIFO, …), or an input changed
  // meanwhile: the step failed.
  virtual Result<StoredResult> commit(const Workspace& workspace, const Action& action, const Key& key,
                                      const Ending& ending) = 0;
  // From any thread, returns at once. The container is gone and left what is hoped to be a result: removes
  // Workspace::scratch while the commit goes on.
  virtual void clear_scratch(const Workspace& workspace) = 0;
  // On a pool thread. Removes the workspace (not its log); `keep`: --keep-failed.
  virtual void discard(const Workspace& workspace, bool keep) = 0;
};

}  // namespace boxcar
