#include "image/skopeo.h"

#include <thread>

#include "base/environment.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "image/layout.h"
#include "image/skopeo_log.h"
#include "image/transfer_watch.h"
#include "net/daemon.h"

namespace boxcar {

namespace {

// localhost, 127.x.x.x, [::1], with or without a port.
bool on_this_machine(std::string_view host) {
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool has_trust_policy() {
  return exists("/etc/containers/policy.json") ||
         exists(join_path(environment("HOME"), ".config/containers/policy.json"));
}

constexpr std::string_view kRegistry = "docker://";
constexpr int kTries = 3;

std::string registry_of(const std::string& source) {
  const std::string place = source.substr(kRegistry.size());
  return place.substr(0, place.find('/'));
}

// A call of skopeo that ends with this process, however that ends: one that goes on alone would fill a layout in which
// another works by then.
SpawnOptions skopeo(const std::vector<std::string>& arguments) {
  SpawnOptions options;
  options.until_interrupted = true;
  if (rootless()) options.env = rootless_environment();
  if (const auto setpriv = find_program("setpriv")) options.argv = {*setpriv, "--pdeathsig", "KILL"};
  options.argv.emplace_back("skopeo");
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  return options;
}

Result<Finished> run_skopeo(const SpawnOptions& options, const Watch& watch = {}) {
  if (!find_program("skopeo"))
    return fail(ErrorKind::Unavailable, "the program skopeo, which fetches and pushes images, is not installed");
  return run_program(options, {}, watch);
}

// Arguments of what reads an image.
std::vector<std::string> reading(const std::vector<std::string>& command) {
  std::vector<std::string> arguments = {"--debug"};  // it tells what it does, and with which credentials
  if (!has_trust_policy()) arguments.emplace_back("--insecure-policy");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

// What skopeo is to know of a place that it reads or writes, and the place itself, at the end of `arguments`; `prefix`
// stands before its options about it: "src-" and "dest-" of copy, else "". The file must live until skopeo has ended.
Result<AuthFile> add_place(std::vector<std::string>& arguments, const std::string& prefix, const std::string& place,
                           const std::optional<Credentials>& given) {
  AuthFile auth;
  if (place.starts_with(kRegistry)) {
    TRY(auth, auth_file_for(registry_of(place), given));
    if (auth.file) arguments.insert(arguments.end(), {"--" + prefix + "authfile", kAuthPath});
    if (on_this_machine(registry_of(place))) arguments.push_back("--" + prefix + "tls-verify=false");
  }
  if (place.starts_with("docker-daemon:")) {
    TRY(const auto host, docker_address());
    CHECK_OK(Daemon::ping(host));  // skopeo waits for ever for one that is mute
    arguments.insert(arguments.end(), {"--" + prefix + "daemon-host", host.text});
  }
  arguments.push_back(place);
  return auth;
}

// Runs `arguments` on `source` with the credentials for it. `destination` follows it, with options of its own first.
// Gives what came on stdout.
Result<std::string> ask(std::vector<std::string> arguments, const std::string& prefix, const std::string& source,
                        const std::vector<std::string>& destination, const std::optional<Credentials>& given,
                        const Watch& watch) {
  TRY(const AuthFile auth, add_place(arguments, prefix, source, given));
  arguments.insert(arguments.end(), destination.begin(), destination.end());
  SpawnOptions options = skopeo(arguments);
  options.stdin_fd = auth.file.get();
  TRY(Finished finished, run_skopeo(options, watch));
  if (finished.exit.code == 0) return std::move(finished.out);
  return fail(skopeo_read_error(finished.err, source, auth));
}

}  // namespace

std::vector<std::string> rootless_environment() {
  std::vector<std::string> all = all_variables();
  all.emplace_back("_CONTAINERS_USERNS_CONFIGURED=done");
  all.push_back("_CONTAINERS_ROOTLESS_UID=" + std::to_string(outside_uid()));
  all.push_back("_CONTAINERS_ROOTLESS_GID=" + std::to_string(outside_gid()));
  // For where credentials are skopeo goes by the user id it sees, and would look below /run/containers/0.
  if (environment("XDG_RUNTIME_DIR").empty() && environment("REGISTRY_AUTH_FILE").empty())
    all.push_back("REGISTRY_AUTH_FILE=" + login_file());
  return all;
}

Result<void> fetch_to_layout(const std::string& source, const std::string& layout, const Fetch& fetch) {
  // What it leaves behind when it is killed goes with the layout.
  const auto arguments = reading({"--tmpdir", layout, "copy", "--quiet", "--remove-signatures"});
  // Layers that are plain tars stay so: compressing them only to inflate them again is most of the time a copy takes.
  const std::vector<std::string> destination = {"--dest-oci-accept-uncompressed-layers", "oci:" + layout};
  const bool registry = source.starts_with(kRegistry);
  for (int attempt = 1;; ++attempt) {
    TransferWatch watch(source, layout, fetch.progress);
    const Watch look = [&](const Finished& so_far) { return watch.look(so_far); };
    const auto done = ask(arguments, "src-", source, destination, fetch.credentials, registry ? look : Watch());
    if (done) return {};
    // What did not begin to come does not so a second later.
    if (done.error().kind != ErrorKind::Unavailable || attempt == kTries || !watch.begun()) return fail(done.error());
    if (fetch.progress) fetch.progress(printable(source) + ": " + done.error().message + "; trying again");
    for (int i = 0; i < 10 * attempt; ++i) {
      if (interrupted()) return fail(interruption());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

Result<std::string> fetch_manifest(const std::string& source, const Fetch& fetch) {
  TransferWatch watch(source, "", fetch.progress);
  const Watch look = [&](const Finished& so_far) { return watch.look(so_far); };
  return ask(reading({"inspect", "--raw"}), "", source, {}, fetch.credentials, look);
}

Result<void> log_in(const std::string& registry, const std::string& user, int password) {
  const std::string file = login_file();
  CHECK_OK(make_directories(std::string(directory_name(file)), 0700));
  std::vector<std::string> arguments = {"login", "--authfile", file, "--username", user, "--password-stdin"};
  if (on_this_machine(registry)) arguments.emplace_back("--tls-verify=false");
  arguments.push_back(registry);
  SpawnOptions options = skopeo(arguments);
  options.stdin_fd = password;
  TRY(const Finished finished, run_skopeo(options));
  if (finished.exit.code != 0) return fail(skopeo_error(finished.err, "", {}));
  return {};
}

Result<void> log_out(const std::string& registry) {
  TRY(const Finished finished, run_skopeo(skopeo({"logout", "--authfile", login_file(), registry})));
  if (finished.exit.code == 0) return {};
  Error error = skopeo_error(finished.err, "", {});
  if (error.message.find("ot logged in") != std::string::npos) error.kind = ErrorKind::NotFound;
  return fail(error);
}

Result<void> push_image(const std::string& source, const std::string& destination, const std::string& scratch) {
  auto arguments = reading({"--tmpdir", scratch, "copy", "--quiet", "--remove-signatures"});
  arguments.push_back(source);
  TRY(const AuthFile auth, add_place(arguments, "dest-", destination, {}));
  SpawnOptions options = skopeo(arguments);
  options.stdin_fd = auth.file.get();
  TRY(const Finished finished, run_skopeo(options));
  if (finished.exit.code != 0) return fail(skopeo_error(finished.err, destination, auth));
  return {};
}

}  // namespace boxcar
