#include "store/look_ahead.h"

#include <algorithm>

#include "store/record.h"
#include "store/verify.h"

namespace boxcar {

void LookAhead::run(int store, Index& index, LiveList& live) {
  auto items = index.all();
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
    return std::less<>()(a.record.data(), b.record.data());  // as they follow each other in the index
  });
  {
    const std::lock_guard guard(mutex_);
    same_.reserve(items.size());
  }
  Record record;
  for (const auto& item : items) {
    if (stop_) return;
    live.mark(item.key);  // before it is looked at: see live_list.h
    if (!record.decode(item.key, item.record) || check_stat(store, record) != Condition::Same) continue;
    const std::lock_guard guard(mutex_);
    same_.insert(item.key);
  }
}

bool LookAhead::same(const Key& key) {
  const std::lock_guard guard(mutex_);
  return same_.contains(key);
}

}  // namespace boxcar
