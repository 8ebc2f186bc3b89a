#include "run/needs.h"

#include "net/daemon.h"
#include "plan/make_action.h"
#include "run/admission.h"
#include "run/machine.h"
#include "run/scaling.h"

namespace boxcar {

namespace {

bool asks(const PlannedStep& step) {
  const Needs needs = needs_of(step);
  return needs != Needs() || has_rules(step);
}

// A socket of this machine may lead into a virtual one, which has less. What the daemon doesn't say is as here then.
Result<Resources> machine_of(const EnginePlace& place) {
  const auto daemon = place.daemon();
  if (!daemon) return this_machine();
  TRY(const Resources there, daemons_machine(*daemon));
  return daemon->address().unix_socket() ? there.or_else(this_machine()) : there;
}

}  // namespace

Result<Resources> machine_for(const Plan& plan, const std::vector<bool>& wanted, const EnginePlace& place,
                              const Resources& said, Findings& findings) {
  std::optional<Resources> machine;
  for (StepIndex index = 0; index < plan.steps.size(); ++index) {
    const PlannedStep& step = plan.steps[index];
    if ((!wanted.empty() && !wanted[index]) || !asks(step)) continue;
    if (!machine) {
      TRY(const Resources there, machine_of(place));
      machine = said.or_else(there);
    }
    const Needs needs = needs_of(step);
    const auto refuse = [&](const std::string& why) {
      findings.error(plan.file, step.resources_at, "step '" + step.name + "' " + why);
    };
    if (!place.daemon() && gpus_of(needs) > 0) {
      refuse("requests a GPU, and the embedded engine has no support for GPUs; use --engine docker");
    } else if (const auto why = too_much(needs, *machine)) {
      refuse(*why);
    }
  }
  return machine.value_or(said);
}

}  // namespace boxcar
