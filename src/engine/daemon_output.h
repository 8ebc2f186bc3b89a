// What a container of a daemon prints: as it comes, and from the daemon's log where that broke off. Each byte is passed
// on once.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/docker_log.h"
#include "net/http.h"

namespace boxcar {

// For the thread of the HttpStreams, which outlive it.
class DaemonOutput {
 public:
  struct Handlers {
    std::function<void(Stream, std::string_view)> text;
    std::function<void(bool broken)> over;  // nothing more comes; broken: though there may be more
  };

  // `container`: "/containers/ID".
  DaemonOutput(HttpStreams& streams, std::string container, Handlers handlers)
      : streams_(streams), container_(std::move(container)), handlers_(std::move(handlers)) {}
  ~DaemonOutput() { cancel(); }
  DaemonOutput(const DaemonOutput&) = delete;
  DaemonOutput& operator=(const DaemonOutput&) = delete;

  // To a container that has not started, so that not a byte is missed. It reads `input` from its standard input, unless
  // that is empty. `attached` is told once whether that succeeded, unless it is cancelled before.
  void attach(std::string input, std::function<void(bool)> attached);
  // The log from the beginning, but for what was passed on; `follow`: until the container's end. Instead of what was
  // read until now.
  void read_log(bool follow);
  void cancel();

 private:
  void receive(std::string_view bytes);
  void tell_attached(bool good);

  HttpStreams& streams_;
  const std::string container_;
  const Handlers handlers_;
  std::function<void(bool)> attached_;
  std::optional<HttpStreams::Id> stream_;
  DockerLog frames_;
  std::size_t passed_[2] = {0, 0};  // bytes of each stream
  std::size_t skip_[2] = {0, 0};    // that come again
};

}  // namespace boxcar
