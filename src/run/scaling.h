// The resources of steps as their scale rules make them.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "plan/make_action.h"
#include "run/measure.h"

namespace boxcar {

struct RuleOfPort {
  std::string port;
  ScaleRule rule;
  std::optional<Measured> measured;  // none: what feeds the port is not known yet

  std::uint64_t gives() const;  // bytes; as many as fit into the number where it would be more
  std::string text() const;     // "25 x channel1 (sum)"
  // What was measured, and what came of it: "49 MiB in 2 files give 1.2 GiB".
  std::string outcome() const;
};

// What a step gets, and how it came about.
struct ScaledNeeds {
  Needs needs;                    // with all that was measured in it
  std::vector<RuleOfPort> rules;  // in the order of the tool's ports
};

bool has_rules(const PlannedStep& step);
// The rules of a step before anything was measured: its own instead of its tool's, port by port.
ScaledNeeds unmeasured(const PlannedStep& step);
// What feeds a step's ports, absolute; "": nothing does. Not there: it is not known yet.
using Sources = std::unordered_map<std::string, std::string>;
// Measures the rules of those ports. A request grows no further than the limit. On a pool thread; errors are
// measure()'s.
Result<void> measure_rules(ScaledNeeds& scaled, const Sources& sources, const GivenUp& given_up = {});

// The needs with a larger limit after a container ran out of memory: times options.retry_memory, but not above its
// max_memory nor what the machine has. None where that is no more than before.
std::optional<Needs> with_more_memory(const Needs& needs, const StepOptions& options, const Resources& machine);

// "requests cpu 2, memory 1.0 GiB; limits memory 2.0 GiB or 25 x channel1 (sum)", for people; "" for nothing. Rules
// that were measured say what came of them: "25 x channel1 (sum): 49 MiB in 2 files give 1.2 GiB".
std::string text_of(const ScaledNeeds& scaled);

}  // namespace boxcar
