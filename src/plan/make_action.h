// What a step becomes once all its inputs are results.
#pragma once

#include <functional>
#include <span>

#include "plan/action.h"
#include "plan/plan.h"

namespace boxcar {

// Where the content of an input lies, and what it is.
struct Content {
  Digest digest;
  PortKind kind = PortKind::Directory;
  std::string path;  // absolute, on the host
};

// Of the step's and its tool's resources: the step's come first, field by field. Scale rules are not in it.
Needs needs_of(const PlannedStep& step);

// What is started: the step's command or its tool's, behind the image's entrypoint where the tool keeps that; without a
// command the image's entrypoint and cmd. References in it are not filled in. Views of the step.
struct CommandWords {
  std::span<const std::string> entrypoint;
  std::span<const std::string> rest;

  bool start_something() const;  // there is a first word, and it is not empty
};
CommandWords command_of(const PlannedStep& step);

// `content_of` finds the content for each of the step's inputs: from a result, or from the host; for a path within a
// port, that of the subtree. Its errors are returned as they are. Invalid: what a path within a port leads to is of
// another kind than the port that it feeds, which is known only now; or a NUL byte stands where no system call takes
// one. Deterministic.
//
// Environment: PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin and HOME (/root for root, / for any
// other user: /etc/passwd of the image is not read), then what the image sets, then the parameters of a tool that takes
// them so, then the step. Later ones replace
// earlier ones. argv is the tool's command, or the image's entrypoint and cmd where the tool has none; the working
// directory the image's, or /.
Result<Action> make_action(const PlannedStep& step,
                           const std::function<Result<Content>(const PlannedInput&)>& content_of);

}  // namespace boxcar
