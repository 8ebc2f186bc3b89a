// Daemons that take connections and do not answer: sockets that nobody accepts from, and a real server that is stopped.
#include "net/daemon.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/interrupt.h"
#include "base/process.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

// Says who it is; /slow takes three seconds.
constexpr const char* kServer = R"py(
import http.server, socketserver, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "client"
    def log_message(self, *args): pass
    def do_GET(self):
        if self.path.endswith("/slow"): time.sleep(3)
        body = b'{"Version": "20.10.24"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
Server(sys.argv[1], Handler).serve_forever()
)py";

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("BOXCAR_DAEMON_TIMEOUT", "1", 1); }
  void TearDown() override {
    ::unsetenv("BOXCAR_DAEMON_TIMEOUT");
    if (child_.pid < 0) return;
    ::kill(child_.pid, SIGKILL);
    (void)wait_for(child_);
  }

  // Of a socket that is listened on, and no more.
  DaemonAddress mute() {
    const std::string path = directory_ / "mute";
    mute_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    EXPECT_EQ(::bind(mute_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(mute_.get(), 100), 0);
    return *parse_daemon_address("unix://" + path);
  }

  std::shared_ptr<Daemon> answering() {
    SpawnOptions options;
    options.argv = {"python3", "-c", kServer, directory_ / "s"};
    child_ = *spawn(options);
    for (int i = 0; i < 200; ++i) {
      if (auto daemon = Daemon::connect(*parse_daemon_address("unix://" + directory_ / "s"))) return *daemon;
      std::this_thread::sleep_for(milliseconds(50));
    }
    ADD_FAILURE() << "the server does not start";
    return nullptr;
  }

  TemporaryDirectory directory_;
  UniqueFd mute_;
  Child child_;
};

TEST_F(DaemonTest, OneThatNeverAnswersIsUnavailable) {
  const auto began = Clock::now();
  const auto daemon = Daemon::connect(mute());
  ASSERT_FALSE(daemon);
  EXPECT_EQ(daemon.error().kind, ErrorKind::Unavailable);
  EXPECT_THAT(daemon.error().message, HasSubstr("the daemon at unix:///"));
  EXPECT_THAT(daemon.error().message, HasSubstr(" does not answer"));
  EXPECT_LT(Clock::now() - began, seconds(10));
}

TEST_F(DaemonTest, AnInterruptEndsTheWaitForIt) {
  ::setenv("BOXCAR_DAEMON_TIMEOUT", "600", 1);
  InterruptsBlocked blocked;
  ::kill(::getpid(), SIGTERM);
  const auto daemon = Daemon::connect(mute());
  blocked.take();
  ASSERT_FALSE(daemon);
  EXPECT_EQ(daemon.error().kind, ErrorKind::Cancelled);
}

TEST_F(DaemonTest, ALongCallGoesOnWhileOthersAreAnswered) {
  const auto daemon = answering();
  ASSERT_TRUE(daemon);
  EXPECT_THAT(daemon->get("/slow").error().message, "Docker 20.10.24 does not answer");
  const auto slow = daemon->long_call({.path = "/slow"});
  EXPECT_TRUE(slow) << slow.error().text();
}

TEST_F(DaemonTest, AShortSilenceIsWaitedForAndALongOneEndsLongCallsToo) {
  ::setenv("BOXCAR_DAEMON_TIMEOUT", "6", 1);
  const auto daemon = answering();
  ASSERT_TRUE(daemon);
  ::kill(child_.pid, SIGSTOP);
  std::thread thaw([&] {
    std::this_thread::sleep_for(seconds(2));
    ::kill(child_.pid, SIGCONT);
  });
  EXPECT_TRUE(daemon->get("/version"));
  thaw.join();
  ::setenv("BOXCAR_DAEMON_TIMEOUT", "1", 1);
  ::kill(child_.pid, SIGSTOP);
  EXPECT_EQ(daemon->long_call({.path = "/slow"}).error().message, "Docker 20.10.24 does not answer");
}

// What is to be cleared up must not be left because somebody asked once, and not wait for minutes when he asks again.
TEST_F(DaemonTest, WhoInsistsWaitsForSeconds) {
  ::setenv("BOXCAR_DAEMON_TIMEOUT", "600", 1);
  const auto daemon = answering();
  ASSERT_TRUE(daemon);
  ::kill(child_.pid, SIGSTOP);
  const InterruptsBlocked blocked;
  note_interrupt();
  EXPECT_FALSE(insisted());
  std::thread again([] {
    std::this_thread::sleep_for(seconds(1));
    note_interrupt();
  });
  auto began = Clock::now();
  EXPECT_EQ(daemon->remove("/containers/a").error().message, "Docker 20.10.24 does not answer");
  EXPECT_LT(Clock::now() - began, seconds(10));
  again.join();
  EXPECT_TRUE(insisted());
  began = Clock::now();
  EXPECT_FALSE(daemon->remove("/containers/b"));
  EXPECT_LT(Clock::now() - began, seconds(1));
}

// /proc/net/tcp says of each connection which timer it has: 2 is that of keepalive.
TEST_F(DaemonTest, ConnectionsByTcpAreKeptAlive) {
  const UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listening.get(), 10), 0);
  ASSERT_EQ(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const int port = ntohs(address.sin_port);
  HttpServer server;
  server.url = "http://127.0.0.1:" + std::to_string(port);
  auto streams = *HttpStreams::make(server);
  streams->start({.path = "/"}, {{}, [](const Result<HttpResponse>&) {}});
  char wanted[40];
  std::snprintf(wanted, sizeof wanted, " 0100007F:%04X 01 ", port);
  std::string line;
  for (int i = 0; i < 100 && line.empty(); ++i) {
    streams->wait(milliseconds(50));
    const std::string table = read_file("/proc/net/tcp").value();
    if (const auto at = table.find(wanted); at != std::string::npos) line = table.substr(at, table.find('\n', at) - at);
  }
  EXPECT_THAT(line, HasSubstr(" 02:"));
}

}  // namespace
}  // namespace boxcar
