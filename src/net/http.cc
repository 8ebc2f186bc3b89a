#include "net/http.h"

#include <string.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "base/interrupt.h"
#include "base/text.h"
#include "net/curl.h"

namespace boxcar {

namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 20;
constexpr std::size_t kMostComplaint = std::size_t{1} << 20;
constexpr long kConnectSeconds = 20;
// A peer that vanished without a word is noticed after some two minutes, however long nothing is to be said.
constexpr long kKeepIdleSeconds = 30;
constexpr long kKeepIntervalSeconds = 10;
constexpr auto kLongestWait = std::chrono::hours(24);

ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return ErrorKind::Denied;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorKind::Invalid;
    case CURLE_OUT_OF_MEMORY:
      return ErrorKind::Exhausted;
    default:
      return ErrorKind::Unavailable;
  }
}

// One request on its way: what libcurl's callbacks fill.
class Transfer {
 public:
  Transfer(const Curl& curl, CURL* handle) : curl_(curl), handle_(handle) {}
  ~Transfer() { curl_.slist_free_all(headers_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // `request` and the transfer must live until it is over.
  void set_up(const HttpServer& server, const HttpRequest& request, const std::function<void()>* began = nullptr) {
    began_ = began;
    held_ = request.body_last;
    unsent_ = request.body;
    sink_ = request.sink ? &request.sink : nullptr;
    source_ = request.source ? &request.source : nullptr;
    watch_ = request.watch ? &request.watch : nullptr;
    until_interrupted_ = request.until_interrupted;
    place_ = server.unix_socket.empty() ? server.url : server.unix_socket;
    curl_.easy_reset(handle_);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, complaint_);
    set(CURLOPT_URL, (server.url + request.path).c_str());
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    if (!server.unix_socket.empty()) {
      set(CURLOPT_UNIX_SOCKET_PATH, server.unix_socket.c_str());
      set(CURLOPT_PROXY, "");
    } else {
      set(CURLOPT_TCP_KEEPALIVE, 1L);
      set(CURLOPT_TCP_KEEPIDLE, kKeepIdleSeconds);
      set(CURLOPT_TCP_KEEPINTVL, kKeepIntervalSeconds);
    }
    if (!server.ca_file.empty()) set(CURLOPT_CAINFO, server.ca_file.c_str());
    if (!server.cert_file.empty()) set(CURLOPT_SSLCERT, server.cert_file.c_str());
    if (!server.key_file.empty()) set(CURLOPT_SSLKEY, server.key_file.c_str());
    if (!server.verify) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (request.timeout) set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout->count()));
    if (request.stall.count() > 0) {
      set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.stall.count()));
      set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    }
    set_body(request);
    // Nobody waits for "100 Continue". Whose body comes last says so, or one that refuses it would wait for it first.
    add_header(request.body_last ? "Expect: 100-continue" : "Expect:");
    for (const auto& header : request.headers) add_header(header);
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, this);
    if (until_interrupted_ || watch_ != nullptr) {
      set(CURLOPT_NOPROGRESS, 0L);
      set(CURLOPT_XFERINFOFUNCTION, &ask_whether_to_go_on);
      set(CURLOPT_XFERINFODATA, this);
    }
  }

  Result<HttpResponse> finish(CURLcode code) {
    if (error_) return fail(*std::move(error_));
    if (code == CURLE_COULDNT_CONNECT) return fail(ErrorKind::Unavailable, "nobody answers at " + place_);
    if (code != CURLE_OK) {
      return fail(kind_of(code), *complaint_ != '\0' ? printable(complaint_) : curl_.easy_strerror(code));
    }
    response_.status = status();
    return std::move(response_);
  }

  CURL* handle() const { return handle_; }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_.easy_setopt(handle_, option, value);
  }

  void add_header(const std::string& header) { headers_ = curl_.slist_append(headers_, header.c_str()); }

  void set_body(const HttpRequest& request) {
    if (source_ != nullptr || request.body_last) {
      set(CURLOPT_UPLOAD, 1L);
      // Of a known length it is not sent in chunks.
      if (request.body_last) {
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_FORBID_REUSE, 1L);  // who refuses the body still waits for it
      }
      set(CURLOPT_READFUNCTION, &give_body);
      set(CURLOPT_READDATA, this);
    } else if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != "GET" && request.method != "HEAD") set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  long status() const {
    long value = 0;
    curl_.easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &value);
    return value;
  }

  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    auto& headers = transfer.response_.headers;
    std::string_view line(data, size);
    if (line == "\r\n" && transfer.status() >= 200) transfer.begin();
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) headers.clear();  // those before were of "100 Continue"
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    headers.emplace_back(std::move(name), value);
    return size;
  }

  void begin() {
    const bool good = status() < 300;
    if (held_ && !good) unsent_ = {};  // nobody wants it
    if (std::exchange(held_, false)) curl_.easy_pause(handle_, CURLPAUSE_CONT);
    if (good && began_ != nullptr) (*began_)();
  }

  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self) {
    return static_cast<Transfer*>(self)->take({data, size}) ? size : CURL_WRITEFUNC_ERROR;
  }

  bool take(std::string_view bytes) {
    const bool good = status() < 300;
    if (good && sink_ != nullptr) {
      auto taken = (*sink_)(bytes);
      if (!taken) error_ = std::move(taken).error();
      return !error_;
    }
    auto& body = response_.body;
    if (body.size() + bytes.size() <= (good ? kMostBody : kMostComplaint)) {
      body += bytes;
    } else if (good) {
      error_ = Error{ErrorKind::Exhausted, "the answer is larger than 64 MiB", {}};
      return false;
    }
    return true;
  }

  static std::size_t give_body(char* to, std::size_t, std::size_t room, void* self) {
    return static_cast<Transfer*>(self)->give(to, room);
  }

  std::size_t give(char* to, std::size_t room) {
    if (held_) return CURL_READFUNC_PAUSE;
    if (unsent_.empty() && source_ != nullptr) {
      auto next = (*source_)();
      if (!next) {
        error_ = std::move(next).error();
        return CURL_READFUNC_ABORT;
      }
      unsent_ = *next;
    }
    const std::size_t n = std::min(room, unsent_.size());
    std::copy_n(unsent_.data(), n, to);
    unsent_.remove_prefix(n);
    return n;
  }

  static int ask_whether_to_go_on(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->goes_on() ? 0 : 1;
  }

  bool goes_on() {
    if (until_interrupted_ && interrupted()) {
      error_ = interruption();
    } else if (watch_ != nullptr) {
      if (auto good = (*watch_)(); !good) error_ = std::move(good).error();
    }
    return !error_;
  }

  const Curl& curl_;
  CURL* const handle_;
  curl_slist* headers_ = nullptr;
  char complaint_[CURL_ERROR_SIZE] = "";
  const std::function<Result<void>(std::string_view)>* sink_ = nullptr;
  const std::function<Result<std::string_view>()>* source_ = nullptr;
  const std::function<Result<void>()>* watch_ = nullptr;
  const std::function<void()>* began_ = nullptr;
  std::string_view unsent_;  // of the body, or of what the source gave
  bool held_ = false;
  bool until_interrupted_ = false;
  std::string place_;
  HttpResponse response_;
  std::optional<Error> error_;  // of sink or source
};

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const auto& h) { return h.first == name; });
  return found == headers.rend() ? "" : found->second;
}

std::string percent_encode(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

HttpClient::~HttpClient() {
  if (idle_.empty()) return;
  const auto curl = curl_library();
  for (void* handle : idle_) (*curl)->easy_cleanup(handle);
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request) {
  TRY(const Curl* const curl, curl_library());
  CURL* handle = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      handle = idle_.back();
      idle_.pop_back();
    }
  }
  if (handle == nullptr) handle = curl->easy_init();
  if (handle == nullptr) return fail(ErrorKind::Exhausted, "no memory for a request");
  Result<HttpResponse> response;
  {
    Transfer transfer(*curl, handle);
    transfer.set_up(server_, request);
    response = transfer.finish(curl->easy_perform(handle));
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(handle);
  return response;
}

struct HttpStreams::State {
  struct Stream {
    HttpRequest request;
    Handlers handlers;
    std::unique_ptr<Transfer> transfer;
  };

  State(const Curl& library, HttpServer where, CURLM* handle)
      : curl(library), server(std::move(where)), multi(handle) {}
  ~State() {
    while (!streams.empty()) end(streams.begin());
    curl.multi_cleanup(multi);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Handlers end(std::map<Id, std::unique_ptr<Stream>>::iterator at) {
    std::string& body = at->second->request.body;
    ::explicit_bzero(body.data(), body.size());
    CURL* const handle = at->second->transfer->handle();
    curl.multi_remove_handle(multi, handle);
    curl.easy_cleanup(handle);
    Handlers handlers = std::move(at->second->handlers);
    streams.erase(at);
    return handlers;
  }

  // Those that are over tell so, and may start others meanwhile.
  void finish_those_over() {
    int left = 0;
    while (const CURLMsg* message = curl.multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const handle = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto at = std::find_if(streams.begin(), streams.end(),
                                   [&](const auto& one) { return one.second->transfer->handle() == handle; });
      if (at == streams.end()) continue;
      auto response = at->second->transfer->finish(code);
      end(at).done(std::move(response));
    }
  }

  const Curl& curl;
  const HttpServer server;
  CURLM* const multi;
  std::map<Id, std::unique_ptr<Stream>> streams;
  Id last = 0;
};

HttpStreams::HttpStreams(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpStreams::~HttpStreams() = default;

Result<std::unique_ptr<HttpStreams>> HttpStreams::make(HttpServer server) {
  TRY(const Curl* const curl, curl_library());
  CURLM* const multi = curl->multi_init();
  if (multi == nullptr) return fail(ErrorKind::Exhausted, "no memory for requests");
  return std::unique_ptr<HttpStreams>(new HttpStreams(std::make_unique<State>(*curl, std::move(server), multi)));
}

HttpStreams::Id HttpStreams::start(HttpRequest request, Handlers handlers) {
  const Id id = ++state_->last;
  auto stream = std::make_unique<State::Stream>();
  stream->request.method = std::move(request.method);
  stream->request.path = std::move(request.path);
  stream->request.headers = std::move(request.headers);
  stream->request.body = std::move(request.body);
  stream->request.body_last = request.body_last;
  stream->request.timeout = request.timeout;
  stream->handlers = std::move(handlers);
  if (stream->handlers.data) {
    stream->request.sink = [stream = stream.get()](std::string_view bytes) -> Result<void> {
      stream->handlers.data(bytes);
      return {};
    };
  }
  stream->transfer = std::make_unique<Transfer>(state_->curl, state_->curl.easy_init());
  stream->transfer->set_up(state_->server, stream->request, stream->handlers.began ? &stream->handlers.began : nullptr);
  state_->curl.multi_add_handle(state_->multi, stream->transfer->handle());
  state_->streams.emplace(id, std::move(stream));
  return id;
}

void HttpStreams::cancel(Id id) {
  const auto at = state_->streams.find(id);
  if (at != state_->streams.end()) state_->end(at);
}

void HttpStreams::wait(std::chrono::milliseconds most) {
  const Curl& curl = state_->curl;
  int running = 0;
  const auto milliseconds = std::min<std::chrono::milliseconds>(most, kLongestWait).count();
  curl.multi_poll(state_->multi, nullptr, 0, static_cast<int>(milliseconds), nullptr);
  curl.multi_perform(state_->multi, &running);
  state_->finish_those_over();
}

void HttpStreams::wake() {
  state_->curl.multi_wakeup(state_->multi);
}

Result<std::string> http_library() {
  TRY(const Curl* curl, curl_library());
  const std::string version = curl->version();  // "libcurl/7.88.1 OpenSSL/3.0.17 …"
  const auto slash = version.find('/');
  return version.substr(0, slash) + " " + version.substr(slash + 1, version.find(' ') - slash - 1);
}

}  // namespace boxcar
