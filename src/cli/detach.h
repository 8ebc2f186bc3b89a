// A run that goes on when its caller has returned: this program is started again, in a session of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/observer.h"

namespace boxcar {

// What the caller waits for.
enum class Begun {
  Run,        // it is recorded
  Container,  // the first of it has started, or none was needed
  End,        // it is over, and what the runner said of that was shown
};

// Calls `boxcar COMMAND ARGS…` so, as the run `run`. `handed`: texts that no list of processes is to show, given to the
// runner by its standard input. `json`: what the runner says there is the caller's. What the caller is to end with
// where it came to nothing (or, of End, was no success), which was said then; else none.
Result<std::optional<int>> leave_behind(const std::string& run, const std::string& command,
                                        const std::vector<std::string>& args, const std::vector<std::string>& handed,
                                        bool json, Begun until);

// In the runner that is left behind: the id of its run. Its caller has read the images already.
std::optional<std::string> detached_run();
// What it was handed; to be asked once.
Result<std::vector<std::string>> handed_over();
// Its display, which tells the caller that what it waits for has begun.
std::unique_ptr<Observer> detached_display();

}  // namespace boxcar
