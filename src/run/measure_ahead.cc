#include "run/measure_ahead.h"

namespace boxcar {

Result<std::unordered_map<StepIndex, ScaledNeeds>> measure_ahead(std::vector<ToMeasure> steps, Pool& pool,
                                                                 EventQueue& events) {
  for (auto& each : steps) {
    pool.submit([&pool, &events, each = std::move(each)]() mutable {
      auto done = measure_rules(each.needs, each.sources, [&pool] { return pool.cancelled(); });
      events.post(NeedsMeasured{
          each.step, done ? Result<ScaledNeeds>(std::move(each.needs)) : tl::unexpected(std::move(done).error())});
    });
  }
  std::unordered_map<StepIndex, ScaledNeeds> measured;
  std::optional<Error> wrong;
  bool interrupted = false;
  for (std::size_t left = steps.size(); left > 0;) {
    for (auto& event : events.take()) {
      if (std::holds_alternative<Interrupted>(event)) {
        interrupted = true;
        pool.cancel();
      }
      auto* done = std::get_if<NeedsMeasured>(&event);
      if (done == nullptr) continue;
      --left;
      if (done->needs) {
        measured.insert_or_assign(done->step, *std::move(done->needs));
      } else if (!wrong) {
        wrong = std::move(done->needs).error();
      }
    }
  }
  if (interrupted) return fail(ErrorKind::Cancelled, "interrupted");
  if (wrong) return fail(*std::move(wrong));
  return measured;
}

}  // namespace boxcar
