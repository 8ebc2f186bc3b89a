// The store on disk. docs/store.md describes its layout and why a result appears whole or not at all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/pool.h"
#include "store/results.h"

namespace boxcar {

struct GcOptions {
  std::optional<Seconds> older_than;          // results last used longer ago; also logs and kept workspaces
  std::optional<std::uint64_t> max_bytes;     // then the least recently used, until at most this much is left
  std::optional<std::vector<Key>> reachable;  // given: results with other keys go
  bool dry_run = false;
  bool verify = false;  // compare contents; what is damaged goes
};

struct GcReport {
  struct Removed {
    std::string path;
    std::uint64_t bytes = 0;
    std::string why;
    bool result = true;  // false: logs, digests of input files, a kept workspace
  };
  std::vector<Removed> removed;
  std::uint64_t kept = 0;
  std::uint64_t kept_bytes = 0;
};

struct StoreOptions {
  // The engine does not see this process's own mounts (Docker): copy-on-write views are copies.
  bool host_visible = false;
  // False: a result survives a killed process, not a power failure. For benchmarks.
  bool sync = true;
};

struct ExportOptions {
  // Which output this is, of which workflow: what the same owner placed there before, and the source lacks, goes, where
  // it is still as it was placed. "": nobody's, all stays.
  std::string owner = {};
  // What it is, say by its digest. Where the owner's last was the same, and is still there, nothing is done.
  std::string content = {};
  // Absolute paths that the run read: nothing at or below one of them is written. Invalid when the source has such.
  std::vector<std::string> read = {};
  // The step read `to`: what it removed goes from there too, where it is still as it was read.
  bool works_on = false;
};

class Store : public Results {
 public:
  // Makes what is missing. What dead runners left is removed in the background, from the first prepare() on,
  // or with the store's end.
  // `directory` is absolute. The pool outlives the store. Invalid: it is none, and something else lies where a store
  // has its own.
  static Result<std::unique_ptr<Store>> open(const std::string& directory, Pool& pool, StoreOptions options = {});
  // Whether there is one already. Invalid: there is none; Denied.
  static Result<void> find(const std::string& directory);
  ~Store() override;  // waits until discarded workspaces are gone

  std::optional<StoredResult> lookup(const Action& action, const Key& key) override;
  std::string port_path(const StoredResult& result, const PortResult& port) const override;
  std::string directory(const StoredResult& result) const override;
  std::unique_ptr<KeyLock> try_lock(const Key& key) override;
  Result<Workspace> prepare(const Action& action, const Key& key, const AttemptName& name) override;
  Result<Workspace> reopen(const Action& action, const AttemptName& left, const AttemptName& name) override;
  Result<StoredResult> commit(const Workspace& workspace, const Action& action, const Key& key,
                              const Ending& ending) override;
  void clear_scratch(const Workspace& workspace) override;
  void discard(const Workspace& workspace, bool keep) override;

  // The digest of a path of the host, kept from earlier where nothing changed. Of the same path within the same second
  // what was found then. Thread-safe.
  Result<std::shared_ptr<const TreeDigest>> digest_host(const std::string& path);
  // Fills a directory of the user's from a result's port, after success: what is copied whole beside it is moved there
  // file by file by rename; foreign files there stay. What broken tries left is removed. A file port is copied to the
  // path `to` itself, or into it where that is a directory. Invalid: a directory that is not empty is in the way of a
  // file.
  Result<void> export_port(const std::string& source, PortKind kind, const std::string& to,
                           const ExportOptions& options = {});
  // The key fields of a kept result, for --explain. NotFound when it is gone.
  Result<std::vector<KeyField>> kept_fields(const Key& key, const Digest& image);
  // What a live run looked up is never removed. Unavailable: another gc is at it.
  Result<GcReport> gc(const GcOptions& options);
  // Tells other processes that this run's owner lives, until the store is closed: what it left is nobody's to claim.
  // prepare() does so at the latest. Thread-safe.
  void hold_run(const std::string& run);
  // Takes over what a dead runner left in the store: its workspaces are no leftovers while this object lives, and go
  // with it. False: the runner lives. Thread-safe.
  bool claim_run(const std::string& run);
  // A hint that most of the store's results will be looked up soon: their stat records are compared on another thread
  // meanwhile. A result that is altered after that, while this object lives, may still count as known.
  void look_ahead();
  const std::string& root() const;
  void flush();  // writes when results were last used; also done by the destructor

 private:
  struct State;
  class Collector;
  explicit Store(std::unique_ptr<State> state);
  std::optional<StoredResult> adopt(const Digest& image, const Key& key);
  std::unique_ptr<State> state_;
};

}  // namespace boxcar
