// A Docker or Podman daemon, and how it is asked: Docker's Engine API in version 1.41, which Docker speaks from 20.10
// on and Podman from 4 (https://docs.docker.com/engine/api/v1.41/).
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
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

// How long one that went away, or does not answer, is waited for: $BOXCAR_DAEMON_TIMEOUT seconds, else 60.
std::chrono::seconds daemon_patience();

// Since when a daemon that is asked does not answer.
class DaemonSilence {
 public:
  using Clock = std::chrono::steady_clock;
  void asked(Clock::time_point at) { since_ = since_.value_or(at); }
  void answered() { since_.reset(); }
  bool any() const { return since_.has_value(); }
  // It is longer than daemon_patience(), or than two seconds where somebody insisted() (base/interrupt.h).
  bool too_long(Clock::time_point now) const { return since_ && now >= *limit(); }
  std::optional<Clock::time_point> limit() const;  // from when on it is; none as long as it answers

 private:
  std::optional<Clock::time_point> since_;
};

// Who root inside a container is outside.
struct DaemonUsers {
  bool rootless = false;  // the daemon's user
  bool remapped = false;  // somebody else (Docker's userns-remap)
};

// Thread-safe. None of its calls hangs on a daemon that takes connections and does not answer: each asks every few
// seconds on the side whether it does ("/_ping"), and without an answer for daemon_patience() ends with Unavailable:
// "Docker 20.10.24 does not answer". Where somebody insisted() it is given two seconds for that, and thirty for what it
// was asked; what is called after that ends at once.
class Daemon {
 public:
  // Asks who it is. Unavailable, Denied: it does not answer, or not to us. Cancelled: interrupted.
  static Result<std::shared_ptr<Daemon>> connect(DaemonAddress address);

  const DaemonAddress& address() const { return address_; }
  const std::string& name() const { return name_; }  // "Docker 20.10.24", "Podman 4.3.1"
  bool podman() const { return name_.starts_with("Podman"); }
  // Podman runs half a dozen programs to answer this. Until interrupted.
  Result<DaemonUsers> users();

  // An answer below 300. Else an error with the daemon's own words: NotFound (404), Invalid (400, 409), Denied (401,
  // 403), Exhausted (its disk is full), Unavailable; also when it is not there within daemon_patience().
  Result<HttpResponse> call(HttpRequest request) { return send(std::move(request), daemon_patience()); }
  Result<HttpResponse> get(const std::string& path);  // until interrupted
  Result<HttpResponse> post(const std::string& path, std::string json = {});
  // What may take as long as it likes while the daemon answers others.
  Result<HttpResponse> long_call(HttpRequest request) { return send(std::move(request), {}); }
  Result<void> remove(const std::string& path);  // a long call; what is not there is no error

  // Whether it answers now: within a quarter of daemon_patience().
  Result<void> ping(bool until_interrupted = false);
  static Result<void> ping(DaemonAddress address);  // until interrupted
  Error no_answer() const;                          // "Docker 20.10.24 does not answer"

  const HttpServer& server() const { return http_.server(); }

 private:
  class Watch;
  explicit Daemon(DaemonAddress address);
  Result<HttpResponse> send(HttpRequest request, std::optional<std::chrono::seconds> limit);

  const DaemonAddress address_;
  HttpClient http_;
  std::atomic<bool> given_up_ = false;  // it did not answer who insisted
  std::string name_;
};

// What a daemon says is wrong, as call() has it; `response` is of 300 and more.
Error daemon_error(const HttpResponse& response);

}  // namespace boxcar
