// Secrets by reference: where their values come from. docs/security.md says what becomes of them.
#pragma once

#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "engine/secrets.h"
#include "image/credentials.h"
#include "model/workflow.h"
#include "plan/plan.h"

namespace boxcar {

// Says of every secret that a wanted step names (`wanted` empty: all do) whether its variable is not set, its file
// can't be read, or its value can't be given, each at its place; and warns of files that others can read, and of values
// too short to be kept out of logs.
void check_secrets(const Plan& plan, const std::vector<bool>& wanted, Findings& findings);

// The values as they are now. From any thread.
Result<Secrets> read_secrets(const std::vector<SecretReference>& references);

// Says of every login what of it can't be found where it says, as an error or a warning; warns as check_secrets() does.
void check_logins(const Workflow& workflow, Severity missing, Findings& findings);

// What a document has of it, or says where it is found. `file`: of the document.
Result<Credentials> read_login(const RegistryLogin& login, const std::string& file);

// While it lives this process leaves no core dump, and nobody but root can look into its memory, if any step has
// secrets or a login. Also moves their variables out of the environment that this process was started with, which
// /proc/PID/environ shows; getenv() finds them as before. While no other thread reads the environment.
class SecretGuard {
 public:
  explicit SecretGuard(const Workflow& workflow);
  ~SecretGuard();
  SecretGuard(const SecretGuard&) = delete;
  SecretGuard& operator=(const SecretGuard&) = delete;

 private:
  int dumpable_ = -1;  // as it was; -1: nothing was changed
};

}  // namespace boxcar
