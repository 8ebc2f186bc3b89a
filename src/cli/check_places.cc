// Where images come from, and where everything lies.
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdlib>

#include "base/clock.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/mounts.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_directories.h"
#include "cli/checkup.h"
#include "net/http.h"
#include "run/preferences.h"
#include "store/copy.h"

namespace boxcar {

namespace {

constexpr std::uint64_t kLittle = std::uint64_t{1} << 30;  // bytes; most images take more

std::string file_system_of(const std::string& path) {
  const auto mounts = mount_points();
  if (!mounts) return "";
  std::string type;
  std::size_t longest = 0;
  for (const auto& mount : *mounts) {
    const bool above = mount.target == "/" || path == mount.target || path.starts_with(mount.target + "/");
    if (!above || mount.target.size() < longest) continue;
    longest = mount.target.size();
    type = mount.type;
  }
  return type;
}

// `probe`: in it, or where it is to be made.
Diagnosis look_at(const std::string& path, const Result<std::string>& probe, const std::string& elsewhere) {
  struct statvfs info {};
  if (!probe) return {Health::Missing, path + " can't be used: " + probe.error().text(), elsewhere};
  if (::statvfs(probe->c_str(), &info) != 0) return diagnosis_of(errno_error("looking at " + *probe, errno));
  const std::uint64_t free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  const std::string says = path + ": " + human_bytes(free) + " free on " + file_system_of(*probe) +
                           (has_reflinks(*probe) ? ", with reflinks" : "");
  if (free < kLittle) return {Health::Warning, says, "boxcar gc, boxcar image prune; or " + elsewhere};
  return {Health::Ok, says, ""};
}

bool on_this_machine(std::string_view host) {
  return host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.") || host.starts_with("[::1]");
}

}  // namespace

Result<std::string> make_probe(const std::string& path) {
  std::string there = path;
  while (there != "/" && !exists(there)) there = directory_name(there);
  std::string probe = join_path(there, ".boxcar-doctor.XXXXXX");
  if (::mkdtemp(probe.data()) == nullptr) return fail_errno("making a directory in " + there);
  return probe;
}

Checked check_skopeo(Patient& /*patient*/) {
  SpawnOptions options;
  options.argv = {"skopeo", "--version"};
  const auto done = run_program(std::move(options), std::chrono::seconds(10));
  if (done && done->exit.code == 0)
    return Diagnosis{Health::Ok, printable(done->out.substr(0, done->out.find('\n'))), ""};
  return Diagnosis{Health::Warning,
                   done ? "skopeo does not work: " + printable(done->err)
                        : "skopeo is not installed: images come from archives and layouts only",
                   "Debian, Ubuntu: apt install skopeo; Fedora: dnf install skopeo"};
}

Checked check_libcurl(Patient& /*patient*/) {
  const auto library = http_library();
  if (!library) return diagnosis_of(library.error(), Health::Warning);
  return Diagnosis{Health::Ok, *library, ""};
}

Checked check_store(Patient& patient) {
  return look_at(patient.store, patient.probe, "a store elsewhere (--store, BOXCAR_STORE)");
}

Checked check_images(Patient& patient) {
  const auto probe = make_probe(patient.images);
  auto found = look_at(patient.images, probe, "another XDG_DATA_HOME");
  if (probe) std::ignore = remove_tree(*probe);
  return found;
}

Checked check_registry(Patient& patient) {
  if (patient.registry.empty()) return std::nullopt;
  const bool docker = patient.registry == "docker.io";
  const std::string host = docker ? "registry-1.docker.io" : patient.registry;
  const std::string url = (on_this_machine(host) ? "http://" : "https://") + host;
  HttpServer server;
  server.url = url;
  HttpClient client(server);
  const auto answer = client.send({.path = "/v2/", .timeout = std::chrono::seconds(20), .until_interrupted = true});
  if (!answer) {
    Diagnosis found = diagnosis_of(answer.error());
    if (found.remedy.empty()) found.remedy = "is it the right name, and reachable from here (a proxy, a firewall)?";
    return found;
  }
  if (answer->ok()) return Diagnosis{Health::Ok, url + " answers", ""};
  if (answer->status == 401) return Diagnosis{Health::Ok, url + " answers, and asks for a name and a password", ""};
  return Diagnosis{Health::Warning, url + "/v2/ answers with status " + std::to_string(answer->status),
                   "is it a registry?"};
}

Checked check_configuration(Patient& /*patient*/) {
  const std::string path = join_path(user_config_directory(), "config.yml");
  if (!exists(path)) return std::nullopt;
  Findings findings;
  const auto config = user_config(findings);
  if (!findings.ok()) return Diagnosis{Health::Missing, findings.all().front().text(), "mend it: no run begins before"};
  if (!config) return diagnosis_of(config.error());
  return Diagnosis{Health::Ok, path, ""};
}

Checked check_chosen_engine(Patient& patient) {
  Findings findings;
  const Config config = user_config(findings).value_or(Config{});
  const std::string by = environment("BOXCAR_ENGINE").empty() ? "config.yml" : "BOXCAR_ENGINE";
  const auto name = engine_name("", config);
  if (!name) return Diagnosis{Health::Missing, name.error().text(), "unset it, or name another"};
  if (*name == "auto") return std::nullopt;
  if (patient.engines.contains(*name)) return Diagnosis{Health::Ok, *name + ", as " + by + " says", ""};
  return Diagnosis{Health::Missing, by + " asks for " + *name + ", which can't run containers here (see above)",
                   "mend that, or have " + by + " name another"};
}

}  // namespace boxcar
