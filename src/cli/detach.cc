#include "cli/detach.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/environment.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "cli/execute.h"
#include "cli/lines.h"

namespace boxcar {

namespace {

constexpr const char* kDetachedRun = "BOXCAR_DETACHED_RUN";  // the run's id, for the runner that was left behind
constexpr const char* kDetachedUntil = "BOXCAR_DETACHED_UNTIL";
constexpr std::size_t kMostHanded = std::size_t{64} << 20;  // more than the kernel lets arguments take
constexpr std::array<std::string_view, 3> kUntil = {"run", "container", "end"};  // words for Begun

// What is said until the run begins reaches the caller through stderr; that it began, and is recorded, is a byte
// through what is its standard input. Then the runner lets go of both, and the caller returns; of Begun::End it holds
// them to the end, since what it says there is the caller's too.
class Detached : public PlainLines {
 public:
  explicit Detached(Begun until) : until_(until) {}

  void run_started(const Plan&, const std::vector<bool>&, const std::string&) override {
    if (until_ == Begun::Run) let_go();
  }
  void container_started(StepIndex) override {
    if (until_ == Begun::Container) let_go();
  }
  void step_changed(StepIndex, const StepState&) override {}
  void step_output(StepIndex, Stream, std::string_view) override {}
  void run_finished(RunStatus status, double) override {
    if (status == RunStatus::Succeeded) let_go();
  }

 private:
  void let_go() {
    if (std::exchange(gone_, true)) return;
    std::ignore = write_all(STDIN_FILENO, "+");
    if (until_ == Begun::End) return;
    const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
  }

  const Begun until_;
  bool gone_ = false;
};

struct Ends {
  UniqueFd caller;
  UniqueFd runner;
};

Result<Ends> make_socket() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("making a pair of sockets");
  return Ends{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Each with a NUL behind it, which no argument of a program holds. A runner that is gone says so itself.
void hand_over(const UniqueFd& socket, const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all.append(text).push_back('\0');
  std::ignore = write_all(socket.get(), all);
  ::shutdown(socket.get(), SHUT_WR);
}

// Shows what the runner says until it says no more. A signal to this program is passed on, since none from the terminal
// reaches the runner's session. True: there was one.
bool listen_to(const Child& runner, int said) {
  const sigset_t set = interrupting_signals();
  const UniqueFd signals(::signalfd(-1, &set, SFD_CLOEXEC));
  pollfd watched[2] = {{said, POLLIN, 0}, {signals.get(), POLLIN, 0}};
  char buffer[4096];
  bool ending = false;
  for (;;) {
    if (::poll(watched, 2, -1) < 0 && errno == EINTR) continue;
    if (watched[1].revents != 0) {
      ::kill(runner.pid, SIGTERM);
      ending = true;
      watched[1].fd = -1;
    }
    if (watched[0].revents == 0) continue;
    const ssize_t n = ::read(said, buffer, sizeof buffer);
    if (n <= 0) return ending;
    std::ignore = write_all(STDERR_FILENO, std::string_view(buffer, static_cast<std::size_t>(n)));
  }
}

}  // namespace

Result<std::optional<int>> leave_behind(const std::string& run, const std::string& command,
                                        const std::vector<std::string>& args, const std::vector<std::string>& handed,
                                        bool json, Begun until) {
  ::setenv(kDetachedRun, run.c_str(), 1);
  ::setenv(kDetachedUntil, std::string(kUntil[static_cast<std::size_t>(until)]).c_str(), 1);
  InterruptsBlocked blocked;
  TRY(auto said, make_pipe());
  TRY(auto begins, make_socket());
  SpawnOptions options;
  options.argv = {"/proc/self/exe", command};
  options.argv.insert(options.argv.end(), args.begin(), args.end());
  options.new_session = true;
  options.stdin_fd = begins.runner.get();
  options.stderr_fd = said.in.get();
  if (json) options.stdout_fd = STDOUT_FILENO;
  TRY(const auto runner, spawn(options));
  said.in.reset();
  begins.runner.reset();
  hand_over(begins.caller, handed);
  const bool ending = listen_to(runner, said.out.get());
  char byte = 0;
  const bool began = ::read(begins.caller.get(), &byte, 1) == 1;
  if (began && !ending) return std::optional<int>();
  TRY(const auto ended, wait_for(runner));
  blocked.take();
  if (ended.signal != 0) {
    const std::string signal = std::to_string(ended.signal);
    std::ignore = say(Error{ErrorKind::Internal, "the runner was killed by signal " + signal, {}}, json);
  }
  return std::optional(ended.code);
}

std::optional<std::string> detached_run() {
  std::string run = environment(kDetachedRun);
  return run.empty() ? std::nullopt : std::optional(std::move(run));
}

Result<std::vector<std::string>> handed_over() {
  TRY(const auto all, read_all(STDIN_FILENO, kMostHanded));
  std::vector<std::string> texts;
  for (std::size_t at = 0, end = 0; (end = all.find('\0', at)) != std::string::npos; at = end + 1)
    texts.push_back(all.substr(at, end - at));
  return texts;
}

std::unique_ptr<Observer> detached_display() {
  const auto word = std::find(kUntil.begin(), kUntil.end(), environment(kDetachedUntil));
  return std::make_unique<Detached>(word == kUntil.end() ? Begun::Run : static_cast<Begun>(word - kUntil.begin()));
}

}  // namespace boxcar
