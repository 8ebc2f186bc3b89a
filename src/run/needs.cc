#include "run/needs.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "engine/daemon_gpus.h"
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
                              const Resources& said, bool dry_run, Findings& findings) {
  std::map<int, Result<void>> gpus_tried;  // by how many
  std::optional<Resources> machine;
  for (StepIndex index = 0; index < plan.steps.size(); ++index) {
    const PlannedStep& step = plan.steps[index];
    if ((!wanted.empty() && !wanted[index]) || !asks(step)) continue;
    if (!machine) {
      TRY(const Resources there, machine_of(place));
      machine = said.or_else(there);
    }
    Needs needs = needs_of(step);
    const auto refuse = [&](const std::string& why) {
      findings.error(plan.file, step.resources_at, "step " + in_quotes(step.name) + " " + why);
    };
    const int gpus = gpus_of(needs);
    if (gpus > 0 && !place.daemon()) {
      refuse("requests a GPU, and the embedded engine has no support for GPUs; use --engine docker");
      needs.requests.gpus = needs.limits.gpus = std::nullopt;
    }
    if (const auto why = too_much(needs, *machine)) {
      refuse(*why);
    } else if (gpus > 0 && place.daemon() && !dry_run) {
      auto tried = gpus_tried.find(gpus);
      if (tried == gpus_tried.end()) tried = gpus_tried.emplace(gpus, try_gpus(*place.daemon(), gpus)).first;
      const auto& given = tried->second;
      if (!given && (given.error().kind == ErrorKind::Cancelled || given.error().kind == ErrorKind::Unavailable))
        return fail(given.error());
      if (!given) refuse(fmt::format("requests {} GPU{}: {}", gpus, gpus == 1 ? "" : "s", given.error().text()));
    }
  }
  return machine.value_or(said);
}

}  // namespace boxcar
