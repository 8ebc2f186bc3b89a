#include "engine/daemon_ending.h"

#include <algorithm>

namespace boxcar {

// A Podman that is being stopped answers who waits for a container's end, with the code 0: so its state is asked for.
std::optional<Ending> ending_of(const DaemonEnd& end, const std::string& helper) {
  DaemonContainer& container = *end.container;
  Ending ending;
  ending.stopped = end.stopped;
  ending.timed_out = end.timed_out;
  ending.peak_memory = end.usage.peak_memory;
  const auto lost = [&](Error why) {
    if (why.kind == ErrorKind::NotFound) why.kind = ErrorKind::Unavailable;  // somebody removed it
    ending.lost = std::move(why);
    return ending;
  };
  if (!end.gone.empty()) return lost({ErrorKind::Unavailable, end.gone, {}});
  const auto state = container.state();
  if (!state && state.error().kind == ErrorKind::NotFound)
    return lost({ErrorKind::Unavailable, "its container was lost", {}});
  if (!state || !(has_ended(state->status) || state->status == "dead")) return std::nullopt;
  ending.exit_code = state->exit_code;
  ending.seconds = state->seconds > 0 ? state->seconds : end.seconds;
  const auto& limit = container.job().action->needs.limits.memory;
  const bool killed = ending.exit_code == 137 && !ending.stopped && !ending.timed_out;
  // Daemons don't always say so, Podman often. Who is killed by nobody we know, near a limit, was killed for it.
  const auto peak = end.usage.peak_memory;
  const bool near_limit = limit && (peak == 0 || peak > *limit / 2 || end.usage_is_old);
  ending.out_of_memory = state->out_of_memory || end.usage.out_of_memory || (killed && near_limit);
  if (ending.out_of_memory && limit) ending.peak_memory = std::max(ending.peak_memory, *limit);
  if (auto taken = container.take_outputs(helper); !taken) return lost(std::move(taken).error());
  if (auto removed = container.remove(); !removed) return lost(std::move(removed).error());
  return ending;
}

}  // namespace boxcar
