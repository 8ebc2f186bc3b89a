// The embedded engine.
#include <algorithm>

#include "base/fd.h"
#include "base/kernel.h"
#include "base/mounts.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "cli/checkup.h"
#include "engine/runtime.h"
#include "record/run_store.h"

namespace boxcar {

namespace {

EmbeddedOptions options_of_trial(const std::string& runtime) {
  static const std::string run = new_run_id();
  return {runtime, run, Seconds(1)};
}

// One that works; where it was not chosen by the caller, the other is tried too.
Result<Trial> try_runtimes(const std::string& directory) {
  auto chosen = try_container(options_of_trial(""), join_path(directory, "chosen"));
  if (!chosen || chosen->ran || std::getenv("BOXCAR_RUNTIME") != nullptr) return chosen;
  auto other = try_container(options_of_trial("runc"), join_path(directory, "other"));
  return other && other->ran ? std::move(other) : std::move(chosen);
}

std::string version_of_cgroups() {
  const auto mounts = mount_points();
  const auto is = [&](const char* type) {
    return mounts && std::any_of(mounts->begin(), mounts->end(), [&](const auto& mount) { return mount.type == type; });
  };
  return is("cgroup") ? "version 1" : is("cgroup2") ? "version 2" : "no version of them mounted";
}

}  // namespace

Diagnosis diagnosis_of(const Error& error, Health health) {
  Diagnosis found{health, error.text(), ""};
  auto at = found.says.find(" (Debian, ");
  const bool in_brackets = at != std::string::npos && found.says.ends_with(')');
  if (in_brackets) found.says.pop_back();
  if (!in_brackets) at = found.says.find("; ");
  if (at == std::string::npos) return found;
  found.remedy = found.says.substr(at + 2);
  found.says.erase(at);
  return found;
}

Checked check_namespaces(Patient& patient) {
  patient.prepared = prepare_embedded(options_of_trial(""));
  if (!patient.prepared) return diagnosis_of(patient.prepared.error());
  return Diagnosis{
      Health::Ok,
      rootless() ? "a user and a mount namespace of " + patient.user + "'s own" : "a mount namespace of its own", ""};
}

Checked check_ids(Patient& patient) {
  if (!patient.prepared || !rootless() || patient.uid == 0) return std::nullopt;
  if (!has_one_id()) return Diagnosis{Health::Ok, "subordinate ids for the users in containers", ""};
  Diagnosis found{Health::Warning, "all users in containers are one, since " + why_one_id(), ""};
  if (found.says.find("newuidmap is not installed") == std::string::npos) {
    found.remedy = "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + patient.user +
                   " (or a range that is free)";
    return found;
  }
  return diagnosis_of(Error{ErrorKind::Unavailable, found.says, {}}, Health::Warning);
}

// What root does not feel.
Checked check_other_users(Patient& patient) {
  const std::string why = what_forbids_user_namespaces("/proc/sys");
  if (patient.uid != 0 || why.empty()) return std::nullopt;
  return diagnosis_of(Error{ErrorKind::Denied, why, {}}, Health::Warning);
}

Checked check_kernel(Patient& /*patient*/) {
  const std::string newer =
      "a kernel of 5.12 or later; in a container: seccomp and rights that let these calls through";
  const std::string kernel = "Linux " + kernel_release();
  if (const auto missing = missing_in_kernel(); !missing.empty()) {
    return Diagnosis{Health::Missing, kernel + " lacks " + join(missing, ", "), newer};
  }
  if (const auto wanted = wanted_of_kernel(); !wanted.empty()) {
    return Diagnosis{Health::Warning, kernel + " lacks " + join(wanted, ", "), newer};
  }
  return Diagnosis{Health::Ok, kernel + " has openat2, pidfds, seccomp filters and mount_setattr", ""};
}

Checked check_overlay(Patient& patient) {
  if (!patient.prepared || !patient.probe) return std::nullopt;
  const auto part = [&](const char* name) { return join_path(join_path(*patient.probe, "overlay"), name); };
  for (const char* name : {"lower", "upper", "work", "merged"}) {
    if (const auto made = make_directories(part(name)); !made) return diagnosis_of(made.error());
  }
  const auto mounted = mount_overlay({{part("lower")}, part("upper"), part("work"), part("merged")});
  if (!mounted) {
    Diagnosis found = diagnosis_of(mounted.error());
    found.remedy = "a store on ext4, xfs, btrfs or tmpfs (--store, BOXCAR_STORE); ordinary users need Linux 5.11";
    return found;
  }
  std::ignore = unmount(part("merged"));
  return Diagnosis{Health::Ok, "roots of containers can be written where the store is", ""};
}

Checked check_runtime(Patient& patient) {
  const auto runtime = choose_runtime("", "");
  if (!runtime) {
    Diagnosis found = diagnosis_of(runtime.error());
    if (found.remedy.empty()) found.remedy = "BOXCAR_RUNTIME names it: unset it, or name another";
    return found;
  }
  if (!patient.prepared || !patient.probe) {
    return Diagnosis{Health::Missing, runtime->version + " is installed, but can't be tried",
                     "what is missing besides"};
  }
  patient.trial = try_runtimes(*patient.probe);
  const auto& trial = *patient.trial;
  if (!trial) return diagnosis_of(trial.error());
  if (!trial->ran) return diagnosis_of(Error(trial->ran.error()).in(trial->runtime + " does not run a container"));
  return Diagnosis{Health::Ok, trial->runtime + " runs a container", ""};
}

Checked check_cgroups(Patient& patient) {
  if (!patient.trial || !*patient.trial) return std::nullopt;
  if (const auto& lacking = (*patient.trial)->without_limits; !lacking.empty()) {
    return diagnosis_of(Error{ErrorKind::Denied, lacking, {}}, Health::Warning);
  }
  return Diagnosis{Health::Ok, version_of_cgroups() + ": memory and the CPU can be limited", ""};
}

}  // namespace boxcar
