// Results whose stat records were compared before anyone asked, on a thread of its own: a run of 100,000 known steps
// has a core to spare, and most of a lookup is stat.
#pragma once

#include <atomic>
#include <mutex>
#include <unordered_set>

#include "store/index.h"
#include "store/live_list.h"

namespace boxcar {

class LookAhead {
 public:
  // Goes through the index until stop(), in the order in which results were committed: that in which they are asked
  // for.
  void run(int store, Index& index, LiveList& live);
  void stop() { stop_ = true; }
  // Whether the result was found to be as it was left, and is marked as in use. Thread-safe.
  bool same(const Key& key);

 private:
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::unordered_set<Key> same_;
};

}  // namespace boxcar
