#include "run/secrets.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <unordered_set>

#include "base/fd.h"
#include "base/text.h"
#include "run/redactor.h"

namespace boxcar {

namespace {

constexpr std::size_t kLongest = std::size_t{64} << 10;

struct Reading {
  std::string value;
  bool others_can_read = false;
};

Result<Reading> read_from_file(const std::string& path) {
  Reading reading;
  TRY(const auto fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("looking at " + printable(path));
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Invalid, printable(path) + " is no regular file");
  reading.others_can_read = (info.st_mode & 044) != 0;
  reading.value.reserve(kLongest + 2);  // so that no outgrown copy is left
  for (;;) {
    const std::size_t had = reading.value.size();
    reading.value.resize(kLongest + 2);
    const ssize_t got = ::read(fd.get(), reading.value.data() + had, reading.value.size() - had);
    reading.value.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0) return fail_errno("reading " + printable(path));
    if (got == 0 || reading.value.size() > kLongest + 1) break;
  }
  if (reading.value.ends_with('\n')) reading.value.pop_back();
  return reading;
}

// One of an environment variable or a file, fit to be given to a container. Messages never quote the value.
Result<Reading> read_one(const SecretReference& reference) {
  Reading reading;
  std::string from;
  if (reference.file.empty()) {
    from = "the variable " + printable(reference.env);
    const char* value = std::getenv(reference.env.c_str());
    if (value == nullptr) return fail(ErrorKind::NotFound, from + " is not set");
    reading.value = value;
  } else {
    from = printable(reference.file);
    TRY(reading, read_from_file(reference.file));
  }
  const char* wrong = reading.value.size() > kLongest ? " is longer than 64 KiB"
                      : has_nul(reading.value)        ? " holds a NUL byte"
                      : !valid_utf8(reading.value)    ? " is not UTF-8"
                                                      : nullptr;
  if (wrong == nullptr) return reading;
  wipe(reading.value);
  return fail(ErrorKind::Invalid, "the value of " + from + wrong);
}

// What stands in a document, or what that says where it is found. `file`: the document's, from whose place paths count.
Result<Reading> read_credential(const Credential& credential, const std::string& file) {
  if (!credential.value.empty()) return Reading{credential.value, false};
  SecretReference from = credential.from;
  if (!from.file.empty()) {
    const std::string directory(directory_name(absolute_path(file, current_directory())));
    from.file =
        from.file.starts_with("~/") ? home_directory() + from.file.substr(1) : absolute_path(from.file, directory);
  }
  return read_one(from);
}

std::string others_can_read(const SecretReference& reference) {
  return printable(reference.file) + " can be read by others (chmod go= makes it yours alone)";
}

// Whether a text lies where the kernel put the environment of this program: above the random bytes that it gives to
// every program, and below the program's name.
bool is_of_the_start(const char* text) {
  const auto at = reinterpret_cast<std::uintptr_t>(text);
  return ::getauxval(AT_RANDOM) < at && at < ::getauxval(AT_EXECFN);
}

void move_out_of_the_start(const std::string& variable) {
  char* const value = ::getenv(variable.c_str());
  if (value == nullptr || !is_of_the_start(value)) return;
  std::string copy(value);
  if (::setenv(variable.c_str(), copy.c_str(), 1) == 0) ::explicit_bzero(value, ::strlen(value));
  wipe(copy);
}

}  // namespace

void check_secrets(const Plan& plan, const std::vector<bool>& wanted, Findings& findings) {
  std::unordered_set<const StepOptions*> seen;  // steps share them
  for (StepIndex step = 0; step < plan.steps.size(); ++step) {
    const auto& options = plan.steps[step].options;
    if (options->secrets.empty() || (!wanted.empty() && !wanted[step]) || !seen.insert(options.get()).second) continue;
    for (const auto& reference : options->secrets) {
      const std::string subject =
          "step " + in_quotes(plan.steps[step].name) + ", secret " + in_quotes(reference.name) + ": ";
      auto reading = read_one(reference);
      if (!reading) {
        findings.error(plan.file, reference.at, subject + reading.error().text());
        continue;
      }
      if (reading->others_can_read) {
        findings.warn(plan.file, reference.at, subject + others_can_read(reference));
      }
      if (reading->value.size() < Redactor::kShortest) {
        findings.warn(plan.file, reference.at,
                      subject + (reading->value.empty() ? "its value is empty"
                                                        : "its value is too short to be kept out of logs"));
      }
      wipe(reading->value);
    }
  }
}

Result<Secrets> read_secrets(const std::vector<SecretReference>& references) {
  std::vector<Secret> list;
  list.reserve(references.size());
  for (const auto& reference : references) {
    auto reading = read_one(reference);
    if (!reading) {
      Secrets{std::move(list)}.clear();
      return fail(std::move(reading).error().in("secret " + in_quotes(reference.name)));
    }
    list.push_back({reference.name, std::move(reading->value)});
    wipe(reading->value);
  }
  return Secrets(std::move(list));
}

void check_logins(const Workflow& workflow, Severity missing, Findings& findings) {
  std::unordered_set<const RegistryLogin*> seen;
  for (const auto& step : workflow.steps) {
    const auto login = step.settings().login;
    if (!login || !seen.insert(login.get()).second) continue;
    for (const auto* credential : {&login->username, &login->password}) {
      const SecretReference& from = credential->from;
      auto reading = read_credential(*credential, workflow.file);
      const std::string subject = in_quotes(from.name) + ": ";
      if (!reading) {
        findings.add({workflow.file, from.at, missing, subject + reading.error().text()});
        continue;
      }
      if (reading->others_can_read) findings.warn(workflow.file, from.at, subject + others_can_read(from));
      wipe(reading->value);
    }
  }
}

Result<Credentials> read_login(const RegistryLogin& login, const std::string& file) {
  TRY(auto user, read_credential(login.username, file));
  TRY(auto password, read_credential(login.password, file));
  return Credentials{login.registry, std::move(user.value), std::move(password.value)};
}

SecretGuard::SecretGuard(const Workflow& workflow) {
  bool any = false;
  const auto guard = [&](const SecretReference& secret) {
    any = true;
    if (!secret.env.empty()) move_out_of_the_start(secret.env);
  };
  for (const auto& step : workflow.steps) {
    if (!step.options) continue;
    for (const auto& secret : step.options->secrets) guard(secret);
    if (!step.options->login) continue;
    guard(step.options->login->username.from);
    guard(step.options->login->password.from);
  }
  if (!any) return;
  dumpable_ = ::prctl(PR_GET_DUMPABLE);
  ::prctl(PR_SET_DUMPABLE, 0);
}

SecretGuard::~SecretGuard() {
  if (dumpable_ == 1) ::prctl(PR_SET_DUMPABLE, 1);
}

}  // namespace boxcar
