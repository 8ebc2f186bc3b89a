#include "run/leftovers.h"

#include "base/fd.h"
#include "base/user_namespace.h"
#include "run/engine_place.h"
#include "store/store.h"

namespace boxcar {

Result<bool> end_leftovers(RunStore& record, const RunRecord& run) {
  TRY(const auto steps, record.steps(run.id));
  std::set<Key> keys;
  for (const auto& step : steps) {
    if (step.key != Key()) keys.insert(step.key);
  }
  Pool pool;
  std::unique_ptr<Store> store;
  const auto open_store = [&] {
    if (!exists(run.store)) return;
    if (auto opened = Store::open(run.store, pool)) store = *std::move(opened);
  };
  const auto claim = [&](const std::string& dead) {
    if (!store) open_store();
    return store && store->claim_run(dead);
  };
  const auto ended = EnginePlace::end_run(run.engine, {run.id, run.store, {}, claim}, keys);
  // With its end the store removes what dead runs left in it, also what is of subordinate ids.
  if (!store) {
    std::ignore = enter_user_namespace();
    open_store();
  }
  return ended;
}

}  // namespace boxcar
