// What became of an attempt, of a step and of a run. A task that fails is data, not an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/action.h"

namespace boxcar {

// How a container ended.
struct Ending {
  int exit_code = 0;           // 128 + signal when killed
  bool out_of_memory = false;  // its own memory limit, or the machine's, killed it or a process of it
  bool timed_out = false;
  bool stopped = false;           // by us: cancelled
  std::uint64_t peak_memory = 0;  // bytes; 0 where it can't be known
  double seconds = 0;             // from start to end of the container
  std::string engine_error;       // not empty: it could not be run at all, and this is why
  std::optional<Error> lost;  // what the engine failed at, whatever the container did; its kind: whether to try again

  bool succeeded() const {
    return engine_error.empty() && !lost && !timed_out && !stopped && !out_of_memory && exit_code == 0;
  }
};

// What a finished action left on one port.
struct PortResult {
  std::string port;
  PortKind kind = PortKind::Directory;
  Digest content;
  bool present = true;  // false: optional, and not written
};

// A result, as the store knows it. Directory: <store>/<image identity, 12 hex>/<key, 12 hex>.
struct StoredResult {
  Key key;
  Digest image;
  std::vector<PortResult> ports;  // sorted by port, as the action's outputs
  double seconds = 0;             // the container took
  std::uint64_t peak_memory = 0;  // bytes
  std::int64_t finished = 0;      // microseconds since 1970
};

enum class StepStatus : std::uint8_t { Waiting, Running, Succeeded, Cached, Failed, Cancelled, Skipped };
enum class RunStatus : std::uint8_t { Running, Succeeded, Failed, Cancelled };
// Why a step failed: what its container did, or the kind of the Error.
enum class Failure : std::uint8_t {
  None,
  Exit,  // with a code that is not 0
  Signal,
  Timeout,
  Memory,
  Invalid,  // also what the step is or left, as a program that is not in the image: exit code 1 then, not the error's
  NotFound,
  Denied,
  Unavailable,
  Exhausted,
  Internal
};
Failure failure_of(ErrorKind kind);

std::string_view name_of(StepStatus status);  // "succeeded", as in --json
std::string_view name_of(Failure failure);    // "not_found"; None: ""
std::string_view name_of(RunStatus status);

}  // namespace boxcar
