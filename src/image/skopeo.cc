#include "image/skopeo.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "base/fd.h"
#include "base/process.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "net/daemon.h"

extern char** environ;

namespace boxcar {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// localhost, 127.x.x.x, [::1], with or without a port.
bool on_this_machine(std::string_view reference) {
  std::string_view host = reference.substr(0, reference.find('/'));
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool has_trust_policy() {
  return exists("/etc/containers/policy.json") ||
         exists(join_path(environment("HOME"), ".config/containers/policy.json"));
}

// skopeo's last line, without its own time and level: time="…" level=fatal msg="…".
std::string last_words(const std::string& err) {
  std::string_view text = err;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (const auto line = text.rfind('\n'); line != std::string_view::npos) text.remove_prefix(line + 1);
  if (const auto message = text.find("msg=\""); message != std::string_view::npos) {
    text.remove_prefix(message + 5);
    if (!text.empty() && text.back() == '"') text.remove_suffix(1);
  }
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    plain += text[i];
  }
  return printable(plain, 600);
}

ErrorKind kind_of(const std::string& words) {
  std::string text = words;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto any = [&](std::initializer_list<const char*> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const char* part) { return text.find(part) != std::string::npos; });
  };
  if (any({"no space left", "quota exceeded", "too many open files"})) return ErrorKind::Exhausted;
  if (any({"manifest unknown", "name unknown", "not found", "no such image", "does not exist",
           "does not resolve to an image", "identifier is not an image", "no image found",
           "choosing an image from manifest list"})) {
    return any({"no such host", "lookup "}) ? ErrorKind::Unavailable : ErrorKind::NotFound;
  }
  if (any({"unauthorized", "authentication required", "denied", "forbidden"})) return ErrorKind::Denied;
  return ErrorKind::Unavailable;
}

// In a user namespace skopeo must not think that it is root: it would look for root's containers and passwords. These
// variables are how Podman says so to itself; of passwords it knows only where they lie in a session.
std::vector<std::string> rootless_environment(const std::string& source) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) all.emplace_back(*variable);
  const std::string uid = std::to_string(outside_uid());
  all.emplace_back("_CONTAINERS_USERNS_CONFIGURED=done");
  all.push_back("_CONTAINERS_ROOTLESS_UID=" + uid);
  all.push_back("_CONTAINERS_ROOTLESS_GID=" + std::to_string(outside_gid()));
  if (source.starts_with("docker://") && environment("XDG_RUNTIME_DIR").empty()) {
    all.push_back("XDG_RUNTIME_DIR=/run/user/" + uid);
  }
  return all;
}

// What skopeo is to know of a place that it reads (`side` is "src") or writes ("dest").
Result<std::vector<std::string>> place_flags(const std::string& side, const std::string& place) {
  if (place.starts_with("docker://") && on_this_machine(std::string_view(place).substr(9)))
    return std::vector{"--" + side + "-tls-verify=false"};
  if (place.starts_with("docker-daemon:")) {
    TRY(const auto host, docker_address());
    return std::vector{"--" + side + "-daemon-host", host.text};
  }
  return std::vector<std::string>();
}

// Copies `source` to what `destination` says: options, and the destination itself last.
Result<void> copy(const std::string& source, const std::vector<std::string>& destination, const std::string& scratch) {
  SpawnOptions options;
  options.argv = {"skopeo"};
  options.until_interrupted = true;
  if (rootless()) options.env = rootless_environment(source);
  // What it leaves behind when it is killed goes with the scratch directory.
  if (!scratch.empty()) options.argv.insert(options.argv.end(), {"--tmpdir", scratch});
  if (!has_trust_policy()) options.argv.push_back("--insecure-policy");
  for (const char* flag : {"copy", "--quiet", "--remove-signatures"}) options.argv.push_back(flag);
  TRY(const auto source_flags, place_flags("src", source));
  options.argv.insert(options.argv.end(), source_flags.begin(), source_flags.end());
  options.argv.push_back(source);
  options.argv.insert(options.argv.end(), destination.begin(), destination.end());
  const auto finished = run_program(options);
  if (!finished) {
    if (finished.error().kind != ErrorKind::NotFound) return fail(finished.error());
    return fail(ErrorKind::Unavailable, "the program skopeo, which fetches and pushes images, is not installed");
  }
  if (finished->exit.code == 0) return {};
  std::string words = last_words(finished->err);
  for (const std::string& doing :
       {"initializing source " + source + ": ", "initializing destination " + destination.back() + ": "}) {
    if (words.starts_with(doing)) words.erase(0, doing.size());
  }
  return fail(kind_of(words), words.empty() ? "skopeo ended with " + std::to_string(finished->exit.code) : words);
}

}  // namespace

Result<void> fetch_to_layout(const std::string& source, const std::string& layout) {
  // Layers that are plain tars stay so: compressing them only to inflate them again is most of the time a copy takes.
  return copy(source, {"--dest-oci-accept-uncompressed-layers", "oci:" + layout}, std::string(directory_name(layout)));
}

Result<void> copy_to_daemon(const std::string& source, const std::string& host, const std::string& name) {
  return copy(source, {"--dest-daemon-host", host, "docker-daemon:" + name}, "");
}

Result<void> push_image(const std::string& source, const std::string& destination, const std::string& scratch) {
  TRY(auto to, place_flags("dest", destination));
  to.push_back(destination);
  return copy(source, to, scratch);
}

}  // namespace boxcar
