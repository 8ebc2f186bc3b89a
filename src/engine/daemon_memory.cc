#include "engine/daemon_memory.h"

#include <algorithm>

#include "net/answer.h"

namespace boxcar {

namespace {

using Clock = Deadlines::Clock;
using std::chrono::milliseconds;

constexpr auto kFirstPause = milliseconds(5);  // twice as long each time
constexpr auto kLongestPause = milliseconds(200);
constexpr auto kLongestPauseFar = std::chrono::seconds(1);  // of a daemon on another machine

}  // namespace

DaemonMemory::DaemonMemory(const DaemonHost& host, HttpStreams& streams, std::string container, pid_t pid)
    : host_(host), streams_(streams), container_(std::move(container)), pause_(kFirstPause) {
  if (pid > 0) group_ = ForeignCgroup::of(pid);
  if (group_ || !host_.same_machine) look_at_ = Clock::now();
}

void DaemonMemory::look(Clock::time_point now) {
  if (!look_at_ || *look_at_ > now) return;
  look_at_.reset();
  group_ ? read(now) : ask();
}

void DaemonMemory::stop() {
  if (asked_) streams_.cancel(*asked_);
  asked_.reset();
  look_at_.reset();
}

// A container's group is gone as soon as it ends, so its peak is what was read last.
void DaemonMemory::read(Clock::time_point now) {
  const Usage usage = group_->usage();
  usage_.peak_memory = std::max(usage_.peak_memory, usage.peak_memory);
  usage_.out_of_memory = usage_.out_of_memory || usage.out_of_memory;
  if (usage.peak_memory != 0) seen_ = now;
  look_again(now, kLongestPause);
}

// The same of a machine whose groups can't be seen: the daemon says what is used now, and the peak where it knows it
// (cgroups of version 1).
void DaemonMemory::ask() {
  asked_ = streams_.start({.path = container_ + "/stats?stream=0&one-shot=1"},
                          {{}, [this](const Result<HttpResponse>& response) { note(response); }});
}

void DaemonMemory::note(const Result<HttpResponse>& response) {
  asked_.reset();
  look_again(Clock::now(), kLongestPauseFar);
  if (!response || !response->ok()) return;
  const auto said = part_of(json_object(response->body), "memory_stats");
  seen_ = Clock::now();
  // Podman gives the limit as "max_usage".
  for (const char* name : {"usage", host_.daemon->podman() ? "usage" : "max_usage"}) {
    const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_in(said, name)));
    usage_.peak_memory = std::max(usage_.peak_memory, bytes);
  }
}

bool DaemonMemory::is_recent() const {
  return Clock::now() - seen_ < 2 * (group_ ? kLongestPause : Clock::duration(kLongestPauseFar));
}

void DaemonMemory::look_again(Clock::time_point now, Clock::duration longest) {
  look_at_ = now + pause_;
  pause_ = std::min<Clock::duration>(2 * pause_, longest);
}

}  // namespace boxcar
