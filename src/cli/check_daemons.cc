// Docker and Podman.

#include "base/environment.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "cli/checkup.h"
#include "engine/daemon_helper.h"
#include "net/daemon.h"
#include "run/engine_place.h"

namespace boxcar {

namespace {

Diagnosis diagnosis_of_trial(Daemon& daemon, const std::string& says, std::string remedy) {
  const auto ran = try_helper(daemon);
  if (ran) return {Health::Ok, says + ", and runs a container", std::move(remedy)};
  Diagnosis found{Health::Missing, says + ", but runs no container: " + ran.error().text(), ""};
  const std::string conf =
      outside_uid() == 0 ? "/etc/containers/containers.conf" : "~/.config/containers/containers.conf";
  if (found.says.find("rlimit") != std::string::npos) {
    found.remedy = "in " + conf +
                   ", below [containers]: default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"], " +
                   "or what 'ulimit -Hn' and 'ulimit -Hu' allow";
  } else if (found.says.find("cgroups in hybrid mode") != std::string::npos) {
    found.remedy = "in " + conf + ", below [engine]: runtime = \"runc\"";
  }
  return found;
}

Result<Diagnosis> ask(Result<DaemonAddress> address) {
  TRY(const auto found, std::move(address));
  TRY(const auto daemon, Daemon::connect(found));
  std::string says = daemon->name() + " answers at " + found.text;
  TRY(const auto users, daemon->users());
  if (users.rootless) says += ", without root's rights";
  if (users.remapped) says += ", with users of its own";
  return diagnosis_of_trial(*daemon, says, "");
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

Checked check_docker(Patient& patient) {
  if (const auto library = http_library(); !library) return diagnosis_of(library.error());
  const auto says = ask(docker_address());
  if (says) return *says;
  Diagnosis found = diagnosis_of(says.error());
  if (says.error().kind == ErrorKind::Denied) {
    found.remedy = "as root: usermod -aG docker " + patient.user + "; then log in again";
  } else if (const auto host = environment("DOCKER_HOST"); !host.empty()) {
    found.remedy = "DOCKER_HOST is " + in_quotes(host) + ": start what is to listen there, or unset it";
  } else if (find_program("dockerd")) {
    found.remedy = "as root: systemctl start docker";
  } else {
    found.remedy = "Debian, Ubuntu: apt install docker.io; or name a remote one by DOCKER_HOST";
  }
  return found;
}

Checked check_podman(Patient& patient) {
  if (const auto library = http_library(); !library) return diagnosis_of(library.error());
  const std::string unit =
      std::string("systemctl ") + (patient.uid == 0 ? "" : "--user ") + "enable --now podman.socket";
  const auto says = ask(podman_address());
  if (says) return *says;
  Diagnosis found = diagnosis_of(says.error());
  if (const auto host = environment("CONTAINER_HOST"); !host.empty()) {
    found.remedy = "CONTAINER_HOST is " + in_quotes(host) + ": start what is to listen there, or unset it";
    return found;
  }
  if (!find_program("podman")) {
    found.remedy = "Debian, Ubuntu: apt install podman; Fedora: dnf install podman";
    return found;
  }
  SpawnOptions options;
  options.argv = {"podman", "--version"};
  const auto answer = run_program(std::move(options), std::chrono::seconds(10));
  const std::string version = answer && answer->exit.code == 0 ? printable(first_line(answer->out)) : "podman";
  // Without a socket boxcar starts Podman's service itself. An ordinary user's would leave a process behind, which
  // keeps his namespace.
  if (patient.uid != 0) {
    return Diagnosis{Health::Warning,
                     version +
                         " is installed; nobody listens on its socket, so --engine podman starts its service "
                         "itself (not tried: that leaves a process behind)",
                     "to have it tried here: " + unit};
  }
  const auto place = EnginePlace::choose("podman");
  if (!place) {
    found = diagnosis_of(place.error());
    if (found.remedy.empty()) found.remedy = "what says 'podman info'?";
    return found;
  }
  return diagnosis_of_trial(*(*place)->daemon(), version + " answers; its service is started when it is needed",
                            "to have it at once: " + unit);
}

}  // namespace boxcar
