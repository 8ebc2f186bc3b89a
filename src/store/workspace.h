// A workspace: the private directory of one attempt, on the store's file system, and what of it goes where in the container.
#pragma once

#include <string>
#include <vector>

#include "base/tree_digest.h"
#include "plan/action.h"

namespace boxcar {

struct Mount {
  std::string source;  // absolute, on the host; of files a file
  std::string target;  // absolute, in the container
  bool writable = false;
  bool directory = true;
};

struct AttemptName {
  std::string run;   // the run's id
  std::string step;  // unique within the run; [A-Za-z0-9._-]
  int attempt = 1;
};

struct Workspace {
  std::string directory;      // <store>/work/<run>.<step>.<attempt>
  std::string log_directory;  // <store>/runs/<run>/<step>.<attempt>; log.jsonl goes there
  std::vector<Mount> mounts;  // parents before children
  struct StagedInput {
    std::string source;
    std::vector<TreeEntry> entries;  // as read for the digest: stat'ed again before the commit
  };
  std::vector<StagedInput> inputs;   // of the host only; results are read-only and watched by the store
  bool overlay = false;              // an output is mounted as an overlay
};

}  // namespace boxcar
