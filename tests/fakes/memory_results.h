// Results in memory, for testing and measuring the scheduler alone.
#pragma once

#include <mutex>
#include <set>
#include <unordered_map>

#include "base/clock.h"
#include "store/results.h"

namespace boxcar::fakes {

class MemoryResults : public Results {
 public:
  std::optional<StoredResult> lookup(const Action&, const Key& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = results_.find(key);
    if (found == results_.end()) return std::nullopt;
    return found->second;
  }

  std::string port_path(const StoredResult& result, const PortResult& port) const override {
    return directory(result) + "/" + port.port;
  }
  std::string directory(const StoredResult& result) const override { return "/results/" + result.key.short_hex(); }

  std::unique_ptr<KeyLock> try_lock(const Key& key) override {
    if (on_lock) on_lock();
    const std::lock_guard lock(mutex_);
    if (!locked_.insert(key).second) return nullptr;
    return std::make_unique<Lock>(*this, key);
  }

  Result<Workspace> prepare(const Action&, const Key&, const AttemptName&) override { return Workspace{}; }
  Result<Workspace> reopen(const Action&, const AttemptName&, const AttemptName&) override { return Workspace{}; }

  // The content of an output is what the key says: the same action always leaves the same.
  Result<StoredResult> commit(const Workspace&, const Action& action, const Key& key, const Ending& ending) override {
    StoredResult result;
    result.key = key;
    result.image = action.image->identity;
    result.seconds = ending.seconds;
    result.finished = now_micros();
    for (const auto& output : action.outputs) result.ports.push_back({output.port, output.kind, key, true});
    const std::lock_guard lock(mutex_);
    results_.insert_or_assign(key, result);
    return result;
  }
  void clear_scratch(const Workspace&) override {}
  void discard(const Workspace&, bool) override {}

  // For tests: another runner takes a key, or leaves a result.
  std::function<void()> on_lock;
  void leave(const StoredResult& result) {
    const std::lock_guard lock(mutex_);
    results_.insert_or_assign(result.key, result);
  }
  void forget(const Key& key) {
    const std::lock_guard lock(mutex_);
    results_.erase(key);
  }

 private:
  struct Lock : KeyLock {
    Lock(MemoryResults& owner, const Key& key) : owner_(owner), key_(key) {}
    ~Lock() override {
      const std::lock_guard lock(owner_.mutex_);
      owner_.locked_.erase(key_);
    }
    MemoryResults& owner_;
    const Key key_;
  };

  std::mutex mutex_;
  std::unordered_map<Key, StoredResult> results_;
  std::set<Key> locked_;
};

}  // namespace boxcar::fakes
