// What a store is made of, for the .cc files that implement it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/pool.h"
#include "store/host_digests.h"
#include "store/index.h"
#include "store/live_list.h"
#include "store/locks.h"
#include "store/look_ahead.h"
#include "store/store.h"
#include "store/verify.h"

namespace boxcar {

inline constexpr const char* kKeepMark = ".keep";  // in a workspace of --keep-failed: not a leftover

struct Store::State {
  State(std::string directory, UniqueFd fd, std::shared_ptr<LockFile> lock_file, Pool& workers, StoreOptions how)
      : root(std::move(directory)),
        root_fd(std::move(fd)),
        pool(workers),
        options(how),
        locks(std::move(lock_file)),
        index(root_fd.get(), locks),
        live(root),
        host(join_path(root, "digests"), workers) {}

  void hold_run(const std::string& run);  // Store::hold_run
  // hold_run(), and with the first attempt what dead runners left is removed.
  void begin_attempt(const std::string& run);
  // Removes what dead runners left. On the janitor's thread.
  void remove_leftovers();
  // A fresh name in <store>/trash. What is moved there is removed now or by a later run.
  std::string trash_name(const std::string& name);
  std::optional<StoredResult> same_as(const StoredResult& result);
  // Renames the complete result `from` to `folder`, whatever stands there.
  Result<void> publish(const std::string& from, const std::string& folder, const Key& key, const std::string& record);
  Result<void> move_aside(const std::string& folder, const Key& key);

  const std::string root;
  const UniqueFd root_fd;
  Pool& pool;
  const StoreOptions options;
  const std::shared_ptr<LockFile> locks;
  Index index;
  LiveList live;
  LookAhead ahead;
  HostDigests host;

  std::mutex mutex;
  std::map<std::string, std::unique_ptr<ByteLock>> runs;     // of this process
  std::map<std::string, std::unique_ptr<ByteLock>> claimed;  // of dead ones
  unsigned trash_counter = 0;
  std::once_flag clearing;

  Pool janitor{1};  // last: its jobs use all of the above
};

}  // namespace boxcar
