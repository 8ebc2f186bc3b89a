// HTTP by libcurl, over TCP, TLS or a unix socket. libcurl and what it needs take 8 ms to load, so that happens with
// the first request (net/curl.h), and not when boxcar starts.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace boxcar {

// Where requests go, and how.
struct HttpServer {
  std::string url;          // "http://localhost/v1.41": what a request's path is appended to
  std::string unix_socket;  // absolute; "": by TCP
  std::string ca_file;      // PEM; "": the system's
  std::string cert_file;    // of this client; "": none
  std::string key_file;
  bool verify = true;  // false: any certificate will do
};

struct HttpRequest {
  std::string method = "GET";
  std::string path;                       // with its query, percent-encoded
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  // HttpStreams alone: the body goes once the head of an answer below 300 came, and is overwritten then. So Docker
  // wants what it is to pass on to a container.
  bool body_last = false;
  // Instead of `body`, sent chunked: the next bytes, valid until the next call; empty at the end.
  std::function<Result<std::string_view>()> source = {};
  // What comes of a response with a status below 300; without it the bytes are gathered in HttpResponse::body. An error
  // ends the request with it.
  std::function<Result<void>(std::string_view)> sink = {};
  std::optional<std::chrono::milliseconds> timeout = {};  // of all of it
  std::chrono::seconds stall{0};                          // give up when nothing moves for so long; 0: never
  bool until_interrupted = false;                         // Cancelled then (base/interrupt.h)
  // HttpClient alone: asked about once a second while it goes on. An error ends the request with it.
  std::function<Result<void>()> watch = {};
};

struct HttpResponse {
  long status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;  // at most 64 MiB; of a status of 300 and more at most 1 MiB, and never given to the sink

  bool ok() const { return status >= 200 && status < 300; }
  std::string header(std::string_view name) const;  // the last of that name (in lower case), or ""
};

// Keeps connections for the next request. Thread-safe: requests of several threads go side by side.
class HttpClient {
 public:
  explicit HttpClient(HttpServer server) : server_(std::move(server)) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // A response of whatever status. Unavailable: nobody answers, the connection broke, libcurl is not installed; Denied:
  // the certificate is not to be trusted; Cancelled: interrupted.
  Result<HttpResponse> send(const HttpRequest& request);
  const HttpServer& server() const { return server_; }

 private:
  const HttpServer server_;
  std::mutex mutex_;
  std::vector<void*> idle_;  // easy handles with their connections
};

// Responses that go on for long, such as a container's output, all received by one thread: the one that calls wait().
class HttpStreams {
 public:
  using Id = std::uint64_t;
  struct Handlers {
    std::function<void(std::string_view)> data;      // instead of HttpResponse::body; must not call start() or cancel()
    std::function<void(Result<HttpResponse>)> done;  // last; not after cancel()
    std::function<void()> began = {};                // the head of an answer below 300 came; as for data()
  };

  static Result<std::unique_ptr<HttpStreams>> make(HttpServer server);
  ~HttpStreams();
  HttpStreams(const HttpStreams&) = delete;
  HttpStreams& operator=(const HttpStreams&) = delete;

  // Of a request only method, path, headers, body, body_last and timeout count. start() and cancel() are for the thread
  // that waits.
  Id start(HttpRequest request, Handlers handlers);
  void cancel(Id id);
  // Calls handlers of what came within `most` (at most a day), or until wake().
  void wait(std::chrono::milliseconds most);
  void wake();  // from any thread

 private:
  struct State;
  explicit HttpStreams(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

Result<std::string> http_library();                 // "libcurl 7.88.1"; Unavailable where it is not installed
std::string percent_encode(std::string_view text);  // all but A-Z a-z 0-9 - . _ ~

}  // namespace boxcar
