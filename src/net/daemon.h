// A Docker or Podman daemon, and how it is asked: Docker's Engine API in version 1.41, which Docker speaks from 20.10
// on and Podman from 4 (https://docs.docker.com/engine/api/v1.41/).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace boxcar {

struct DaemonAddress {
  std::string text;  // as DOCKER_HOST has it: "unix:///var/run/docker.sock", "tcp://host:2376"
  HttpServer server;

  bool unix_socket() const { return !server.unix_socket.empty(); }
};

// $DOCKER_HOST (with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH), else the socket of the system's daemon or that of one of
// the user's own. Only a socket that someone listens on is given: Unavailable names those that were tried, Denied that
// the user may not open it.
Result<DaemonAddress> docker_address();
// $CONTAINER_HOST, else Podman's own sockets, likewise.
Result<DaemonAddress> podman_address();
// Invalid: not unix://PATH, tcp://HOST:PORT, http:// or https://.
Result<DaemonAddress> parse_daemon_address(const std::string& text);

// Thread-safe.
class Daemon {
 public:
  // Asks who it is. Unavailable, Denied: it does not answer, or not to us.
  static Result<std::shared_ptr<Daemon>> connect(DaemonAddress address);

  const DaemonAddress& address() const { return address_; }
  const std::string& name() const { return name_; }  // "Docker 20.10.24", "Podman 4.3.1"
  bool podman() const { return name_.starts_with("Podman"); }
  bool rootless() const { return rootless_; }          // root inside a container is the daemon's user outside
  bool remaps_users() const { return remaps_users_; }  // root inside is somebody else outside (Docker's userns-remap)

  // An answer below 300. Else an error with the daemon's own words: NotFound (404), Invalid (400, 409), Denied (401,
  // 403), Exhausted (its disk is full), Unavailable.
  Result<HttpResponse> call(const HttpRequest& request);
  Result<HttpResponse> get(const std::string& path) { return call({.path = path}); }
  Result<HttpResponse> post(const std::string& path, std::string json = {});
  Result<void> remove(const std::string& path);  // what is not there is no error

  const HttpServer& server() const { return http_.server(); }

 private:
  explicit Daemon(DaemonAddress address);

  const DaemonAddress address_;
  HttpClient http_;
  std::string name_;
  bool rootless_ = false;
  bool remaps_users_ = false;
};

// What a daemon says is wrong, as call() has it; `response` is of 300 and more.
Error daemon_error(const HttpResponse& response);

}  // namespace boxcar
