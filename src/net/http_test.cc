// Against real servers: Python's, over a unix socket and TCP.
#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <thread>

#include "base/process.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Answers: /echo what came, /slow a line every 50 ms, /status/N, /big 100 MB, /stall nothing more,
// /last what came after the head of its answer, /refused without reading the body, where that is offered only.
constexpr const char* kServer = R"py(
import http.server, os, socket, socketserver, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def address_string(self): return "client"
    def log_message(self, *args): pass
    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0: return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))
    def handle_expect_100(self):
        if self.path == "/refused": self.send_error(404, "not here")
        return self.path == "/last"
    def last(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.connection.setblocking(False)
        time.sleep(0.1)
        early = self.rfile.peek(1)
        self.connection.setblocking(True)
        self.end_headers()
        self.wfile.write(b"early %d, then " % len(early) + self.read_body())
    def answer(self):
        if self.path == "/last": return self.last()
        body = self.read_body()
        code, out = 200, b""
        if self.path.startswith("/status/"):
            code, out = int(self.path[8:]), b"because"
        elif self.path == "/big":
            out = b"x" * 100_000_000
        elif self.path in ("/slow", "/stall"):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for i in range(5 if self.path == "/slow" else 1):
                self.wfile.write(b"7\r\nline %d\n\r\n" % i)
                time.sleep(0.05)
            if self.path == "/stall": time.sleep(30)
            self.wfile.write(b"0\r\n\r\n")
            return
        else:
            out = f"{self.command} {self.path} {self.headers.get('X-Test')} ".encode() + body
        self.send_response(code)
        self.send_header("Content-Length", str(len(out)))
        self.send_header("X-Answer", "yes")
        self.end_headers()
        self.wfile.write(out)
    do_GET = do_POST = do_PUT = do_DELETE = answer
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
server = Server(sys.argv[1], Handler)
open(sys.argv[1] + ".ready", "w").close()
server.serve_forever()
)py";

class HttpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SpawnOptions options;
    options.argv = {"python3", "-c", kServer, server_.unix_socket};
    auto child = spawn(options);
    ASSERT_TRUE(child) << child.error().text();
    child_ = *std::move(child);
    for (int i = 0; i < 200 && !exists(server_.unix_socket + ".ready"); ++i) {
      std::this_thread::sleep_for(milliseconds(50));
    }
  }
  void TearDown() override {
    if (child_.pid < 0) return;
    ::kill(child_.pid, SIGKILL);
    (void)wait_for(child_);
  }

  TemporaryDirectory directory_;
  const HttpServer server_{"http://localhost", directory_ / "s", {}, {}, {}};
  HttpClient client_{server_};
  Child child_;
};

TEST_F(HttpTest, SendsMethodHeadersAndBody) {
  HttpRequest request{.method = "POST", .path = "/echo", .headers = {"X-Test: 7"}, .body = "hello"};
  const auto response = client_.send(request);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST /echo 7 hello");
  EXPECT_EQ(response->header("x-answer"), "yes");
  const auto again = client_.send({.path = "/echo"});
  EXPECT_EQ(again->body, "GET /echo None ");
}

TEST_F(HttpTest, StreamsABodyFromASourceAndAnAnswerToASink) {
  int pieces = 0;
  std::string piece(100'000, 'p');
  std::string got;
  HttpRequest request{.method = "PUT", .path = "/echo"};
  request.source = [&]() -> Result<std::string_view> { return ++pieces <= 10 ? piece : std::string_view(); };
  request.sink = [&](std::string_view bytes) -> Result<void> {
    got += bytes;
    return {};
  };
  const auto response = client_.send(request);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(got, "PUT /echo None " + std::string(1'000'000, 'p'));
}

TEST_F(HttpTest, ErrorsOfSourceAndSinkAreTheCallsOwn) {
  HttpRequest request{.method = "PUT", .path = "/echo"};
  request.source = []() -> Result<std::string_view> { return fail(ErrorKind::Exhausted, "no more"); };
  EXPECT_EQ(client_.send(request).error().message, "no more");
  HttpRequest sinking{.path = "/echo"};
  sinking.sink = [](std::string_view) -> Result<void> { return fail(ErrorKind::Exhausted, "full"); };
  EXPECT_EQ(client_.send(sinking).error().message, "full");
}

TEST_F(HttpTest, AFailedStatusIsAnAnswerAndNeverGoesToTheSink) {
  HttpRequest request{.path = "/status/404"};
  request.sink = [](std::string_view) -> Result<void> { return fail(ErrorKind::Internal, "reached the sink"); };
  const auto response = client_.send(request);
  ASSERT_TRUE(response) << response.error().text();
  EXPECT_FALSE(response->ok());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "because");
}

TEST_F(HttpTest, AnAnswerThatIsTooLargeOrTooSlowEnds) {
  EXPECT_EQ(client_.send({.path = "/big"}).error().kind, ErrorKind::Exhausted);
  EXPECT_EQ(client_.send({.path = "/stall", .timeout = milliseconds(300)}).error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(client_.send({.path = "/stall", .stall = std::chrono::seconds(1)}).error().kind, ErrorKind::Unavailable);
}

TEST_F(HttpTest, NobodyThereIsUnavailable) {
  HttpClient nobody({"http://localhost", directory_ / "nobody", {}, {}, {}});
  const auto response = nobody.send({.path = "/"});
  EXPECT_EQ(response.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(response.error().text(), HasSubstr("nobody"));
}

TEST_F(HttpTest, StreamsComeInPiecesOnTheWaitingThread) {
  auto streams = *HttpStreams::make(server_);
  std::string text;
  int pieces = 0;
  int over = 0;
  const auto data = [&](std::string_view bytes) {
    text += bytes;
    ++pieces;
  };
  for (int i = 0; i < 2; ++i) {
    streams->start({.path = "/slow"}, {data, [&](Result<HttpResponse> response) {
                                         EXPECT_TRUE(response);
                                         EXPECT_EQ(response->status, 200);
                                         ++over;
                                       }});
  }
  for (int i = 0; i < 200 && over < 2; ++i) streams->wait(milliseconds(100));
  EXPECT_EQ(over, 2);
  EXPECT_EQ(text.size(), 2 * 5 * std::string_view("line 0\n").size());
  EXPECT_GT(pieces, 4);
}

TEST_F(HttpTest, AStreamCanBeCancelledAndAWaitWokenUp) {
  auto streams = *HttpStreams::make(server_);
  bool over = false;
  std::string text;
  const auto id = streams->start({.path = "/stall"}, {[&](std::string_view bytes) { text += bytes; },
                                                      [&](const Result<HttpResponse>&) { over = true; }});
  for (int i = 0; i < 100 && text.empty(); ++i) streams->wait(milliseconds(100));
  EXPECT_EQ(text, "line 0\n");
  streams->cancel(id);
  std::thread waker([&] { streams->wake(); });
  streams->wait(std::chrono::minutes(1));
  waker.join();
  EXPECT_FALSE(over);
}

TEST_F(HttpTest, AStreamMayHaveATimeAndAWaitBeLongerThanAnIntHolds) {
  auto streams = *HttpStreams::make(server_);
  Result<HttpResponse> response;
  int waits = 0;
  bool over = false;
  streams->start({.path = "/stall", .timeout = milliseconds(300)}, {{}, [&](Result<HttpResponse> it) {
                                                                      response = std::move(it);
                                                                      over = true;
                                                                    }});
  for (; !over && waits < 1000; ++waits) streams->wait(std::chrono::hours(24 * 30));
  EXPECT_LT(waits, 20) << "it does not wait";
  EXPECT_EQ(response.error().kind, ErrorKind::Unavailable);
}

TEST_F(HttpTest, WhoWatchesMayEndARequest) {
  int asked = 0;
  HttpRequest request{.path = "/stall"};
  request.watch = [&]() -> Result<void> {
    return ++asked < 3 ? Result<void>() : fail(ErrorKind::Unavailable, "enough");
  };
  EXPECT_EQ(client_.send(request).error().message, "enough");
}

TEST_F(HttpTest, ABodyCanFollowTheHeadOfTheAnswer) {
  auto streams = *HttpStreams::make(server_);
  const std::string body(300'000, 'b');
  std::string text;
  bool over = false;
  streams->start({.method = "POST", .path = "/last", .body = body, .body_last = true},
                 {[&](std::string_view bytes) { text += bytes; },
                  [&](const Result<HttpResponse>& response) {
                    EXPECT_TRUE(response);
                    over = true;
                  }});
  for (int i = 0; i < 200 && !over; ++i) streams->wait(milliseconds(100));
  EXPECT_EQ(text, "early 0, then " + body);

  // None when it is an error.
  over = false;
  streams->start({.method = "POST", .path = "/refused", .body = "secret", .body_last = true},
                 {{}, [&](const Result<HttpResponse>& response) {
                    EXPECT_EQ(response->status, 404);
                    over = true;
                  }});
  for (int i = 0; i < 200 && !over; ++i) streams->wait(milliseconds(100));
  EXPECT_TRUE(over);
}

TEST(PercentEncode, LeavesOnlyWhatIsUnreserved) {
  EXPECT_EQ(percent_encode("a-b_c.d~e/f?{\"ä"), "a-b_c.d~e%2Ff%3F%7B%22%C3%A4");
}

}  // namespace
}  // namespace boxcar
