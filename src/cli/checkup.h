// What `boxcar doctor` looks at: a function a check. The table is in doctor.cc.
#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "engine/trial.h"

namespace boxcar {

enum class Health { Ok, Warning, Missing };

struct Diagnosis {
  Health health = Health::Ok;
  std::string says;
  std::string remedy;  // what to do about it, or to have it better; ""
};

// What the checks are about, and what they tell each other.
struct Patient {
  std::string store;     // absolute
  std::string images;    // absolute
  std::string registry;  // HOST[:PORT], or ""
  std::string user;      // the caller's name; his own, also once a namespace was entered
  uid_t uid = 0;

  Result<std::string> probe;           // an empty directory where the store is to be
  Result<void> prepared;               // prepare_embedded()
  std::optional<Result<Trial>> trial;  // of a container
  std::set<std::string> engines;       // that work
};

using Checked = std::optional<Diagnosis>;  // none: there is nothing to say here

// As the caller, before he enters a namespace.
Checked check_docker(Patient& patient);
Checked check_podman(Patient& patient);

// Of the embedded engine. check_namespaces() enters them, for the whole process: no thread may have been started.
Checked check_namespaces(Patient& patient);
Checked check_ids(Patient& patient);
Checked check_other_users(Patient& patient);
Checked check_kernel(Patient& patient);
Checked check_overlay(Patient& patient);
Checked check_runtime(Patient& patient);  // runs a container
Checked check_cgroups(Patient& patient);

Checked check_skopeo(Patient& patient);
Checked check_libcurl(Patient& patient);
Checked check_store(Patient& patient);
Checked check_images(Patient& patient);
Checked check_registry(Patient& patient);
Checked check_configuration(Patient& patient);  // config.yml, where there is one
Checked check_chosen_engine(Patient& patient);  // what it or BOXCAR_ENGINE asks for; after all engines

// Makes an empty directory in `path`, or in what of that path exists.
Result<std::string> make_probe(const std::string& path);

// An error as a diagnosis: what stands after a "; " in it, or in brackets at its end, is the remedy.
Diagnosis diagnosis_of(const Error& error, Health health = Health::Missing);

}  // namespace boxcar
