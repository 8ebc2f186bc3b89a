#include "net/daemon.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "base/environment.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "base/user_namespace.h"
#include "net/answer.h"

namespace boxcar {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr const char* kVersion = "/v1.41";
constexpr auto kLookAfter = seconds(5);  // whether it still answers
constexpr auto kLookAfterInsisted = seconds(1);
constexpr auto kInsistedPatience = seconds(2);
constexpr auto kInsistedLimit = seconds(30);
constexpr auto kAskedAgain = std::chrono::milliseconds(100);

std::string daemon_name(bool podman, std::string_view version) {
  return (podman ? "Podman " : "Docker ") + std::string(version.substr(0, version.find_first_of("+ ")));
}

// The header "Server": "Docker/20.10.24+dfsg1 (linux)", "Libpod/4.3.1 (linux)"; "" when it is neither, but of a proxy.
std::string name_of_server(std::string_view server) {
  for (const std::string_view program : {"Docker/", "Libpod/"}) {
    if (server.starts_with(program)) return daemon_name(program == "Libpod/", server.substr(program.size()));
  }
  return "";
}

// What "/version" answers, for which Podman runs several programs.
std::string name_of_version(const std::string& answer) {
  const std::string version = text_in(json_object(answer), "Version");
  return version.empty() ? "" : daemon_name(answer.find("\"Podman Engine\"") != std::string::npos, version);
}

// errno of a connection to the socket, 0 when someone listens.
int try_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return 0;
  return errno == EAGAIN ? 0 : errno;  // others wait for it too
}

Result<DaemonAddress> first_that_answers(const std::string& who, const std::string& variable,
                                         const std::vector<std::string>& sockets) {
  std::vector<std::string> places;
  if (const std::string set = environment(variable.c_str()); !set.empty()) {
    TRY(auto address, parse_daemon_address(set));
    if (!address.unix_socket()) return address;
    places = {address.server.unix_socket};
  } else {
    places = sockets;
  }
  std::optional<std::string> denied;
  for (const auto& place : places) {
    const int error = try_socket(place);
    if (error == 0) return parse_daemon_address("unix://" + place);
    if (error == EACCES) denied = place;
  }
  if (denied) {
    return fail(ErrorKind::Denied, *denied + " is " + who + "'s, but not open to this user" +
                                       (who == "Docker" ? " (the members of the group docker may use it)" : ""));
  }
  return fail(ErrorKind::Unavailable, "no " + who + " answers at " + join(places, " or "));
}

// "/run/user/1000" and `name`, or nothing.
void add_own_socket(std::vector<std::string>& sockets, const char* name) {
  if (const std::string own = environment("XDG_RUNTIME_DIR"); own.starts_with('/')) {
    sockets.push_back(join_path(own, name));
  }
}

std::string message_of(const HttpResponse& response) {
  const auto document = json_object(response.body);
  for (const char* key : {"message", "cause"}) {
    if (auto text = text_in(document, key); !text.empty()) return text;
  }
  const std::string text = printable(response.body);
  return text.empty() ? "it answers with status " + std::to_string(response.status) : text;
}

}  // namespace

Result<DaemonAddress> parse_daemon_address(const std::string& text) {
  DaemonAddress address;
  address.text = text;
  if (text.starts_with("unix://")) {
    address.server.unix_socket = text.substr(7);
    address.server.url = "http://localhost";
  } else if (text.starts_with("tcp://")) {
    const bool tls = !environment("DOCKER_TLS_VERIFY").empty() || !environment("DOCKER_CERT_PATH").empty();
    address.server.url = (tls ? "https://" : "http://") + text.substr(6);
    if (tls) {
      std::string certificates = environment("DOCKER_CERT_PATH");
      if (certificates.empty()) certificates = join_path(home_directory(), ".docker");
      address.server.ca_file = join_path(certificates, "ca.pem");
      address.server.cert_file = join_path(certificates, "cert.pem");
      address.server.key_file = join_path(certificates, "key.pem");
      address.server.verify = !environment("DOCKER_TLS_VERIFY").empty();
    }
  } else if (text.starts_with("http://") || text.starts_with("https://")) {
    address.server.url = text;
  } else {
    return fail(
        ErrorKind::Invalid,
        in_quotes(text) + " is no address of a daemon that boxcar can speak to: unix://PATH or tcp://HOST:PORT");
  }
  while (address.server.url.ends_with('/')) address.server.url.pop_back();
  return address;
}

Result<DaemonAddress> docker_address() {
  std::vector<std::string> sockets = {"/var/run/docker.sock"};
  add_own_socket(sockets, "docker.sock");
  return first_that_answers("Docker", "DOCKER_HOST", sockets);
}

Result<DaemonAddress> podman_address() {
  std::vector<std::string> sockets;
  if (::geteuid() == 0 && !entered_user_namespace()) sockets.push_back("/run/podman/podman.sock");
  add_own_socket(sockets, "podman/podman.sock");
  return first_that_answers("Podman", "CONTAINER_HOST", sockets);
}

Error daemon_error(const HttpResponse& response) {
  std::string message = message_of(response);
  ErrorKind kind = ErrorKind::Unavailable;
  if (response.status == 404) kind = ErrorKind::NotFound;
  if (response.status == 400 || response.status == 409) kind = ErrorKind::Invalid;
  if (response.status == 401 || response.status == 403) kind = ErrorKind::Denied;
  if (message.find("no space left on device") != std::string::npos) kind = ErrorKind::Exhausted;
  return Error{kind, std::move(message), {}};
}

seconds daemon_patience() {
  return environment_seconds("BOXCAR_DAEMON_TIMEOUT", seconds(60));
}

std::optional<Clock::time_point> DaemonSilence::limit() const {
  if (!since_) return std::nullopt;
  return *since_ + (insisted() ? kInsistedPatience : daemon_patience());
}

// Over one call: whether it may go on.
class Daemon::Watch {
 public:
  Watch(Daemon& daemon, std::optional<seconds> limit) : daemon_(daemon), limit_(limit) {}

  Result<void> operator()() {
    const auto now = Clock::now();
    if (now - asked_ < kAskedAgain) return {};
    asked_ = now;
    if (limit_ && now - began_ >= *limit_) return fail(daemon_.no_answer());
    if (insisted() && !insisted_) insisted_ = now;
    if (insisted_ && now - *insisted_ >= kInsistedLimit) return give_up();
    const auto pause = insisted() ? kLookAfterInsisted : std::min(kLookAfter, daemon_patience());
    if (!silence_.any() && now - looked_ < pause) return {};
    silence_.asked(now);
    if (daemon_.ping()) silence_.answered();
    looked_ = Clock::now();
    if (!silence_.too_long(looked_)) return {};
    return insisted() ? give_up() : fail(daemon_.no_answer());
  }

 private:
  Result<void> give_up() {
    daemon_.given_up_ = true;
    return fail(daemon_.no_answer());
  }

  Daemon& daemon_;
  const std::optional<seconds> limit_;  // of all of it
  const Clock::time_point began_ = Clock::now();
  Clock::time_point asked_ = began_;
  Clock::time_point looked_ = began_;
  DaemonSilence silence_;
  std::optional<Clock::time_point> insisted_;
};

Daemon::Daemon(DaemonAddress address)
    : address_(std::move(address)), http_([this] {
        HttpServer server = address_.server;
        server.url += kVersion;
        return server;
      }()) {}

Result<std::shared_ptr<Daemon>> Daemon::connect(DaemonAddress address) {
  std::shared_ptr<Daemon> daemon(new Daemon(std::move(address)));
  TRY(const auto pong, daemon->get("/_ping"));
  daemon->name_ = name_of_server(pong.header("server"));
  if (daemon->name_.empty()) {
    TRY(const auto version, daemon->get("/version"));
    daemon->name_ = name_of_version(version.body);
  }
  if (!daemon->name_.empty()) return daemon;
  return fail(ErrorKind::Unavailable, "what answers at " + daemon->address_.text + " is no Docker");
}

Result<DaemonUsers> Daemon::users() {
  TRY(const auto info, get("/info"));
  DaemonUsers users;
  for (const auto& option : part_of(json_object(info.body), "SecurityOptions")) {
    if (option == "name=rootless") users.rootless = true;
    if (option == "name=userns") users.remapped = true;
  }
  return users;
}

Error Daemon::no_answer() const {
  return {ErrorKind::Unavailable, (name_.empty() ? "the daemon at " + address_.text : name_) + " does not answer", {}};
}

Result<void> Daemon::ping(DaemonAddress address) {
  return Daemon(std::move(address)).ping(true);
}

Result<void> Daemon::ping(bool until_interrupted) {
  const auto began = Clock::now();
  HttpRequest request{.path = "/_ping", .until_interrupted = until_interrupted};
  request.watch = [&]() -> Result<void> {
    const auto limit = insisted() ? kInsistedPatience : std::max(seconds(1), daemon_patience() / 4);
    return Clock::now() - began < limit ? Result<void>() : fail(no_answer());
  };
  CHECK_OK(http_.send(request));
  return {};
}

Result<HttpResponse> Daemon::send(HttpRequest request, std::optional<seconds> limit) {
  if (given_up_ && insisted()) return fail(no_answer());
  Watch watch(*this, limit);
  request.watch = [&] { return watch(); };
  TRY(auto response, http_.send(request));
  if (response.ok()) return response;
  if (response.status == 304) return response;  // stopped or started already
  return fail(daemon_error(response));
}

Result<HttpResponse> Daemon::get(const std::string& path) {
  return call({.path = path, .until_interrupted = true});
}

Result<HttpResponse> Daemon::post(const std::string& path, std::string json) {
  HttpRequest request{.method = "POST", .path = path, .body = std::move(json)};
  if (!request.body.empty()) request.headers = {"Content-Type: application/json"};
  return call(std::move(request));
}

Result<void> Daemon::remove(const std::string& path) {
  const auto response = long_call({.method = "DELETE", .path = path});
  if (!response && response.error().kind != ErrorKind::NotFound) return fail(response.error());
  return {};
}

}  // namespace boxcar
