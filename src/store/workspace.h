// A workspace: the private directory of one attempt, on the store's file system, and what of it goes where in the
// container.
#pragma once

#include <memory>
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
  // <store>/work/<run>.<step>.<attempt>. Outputs grow in result/<port>, which becomes the result by one rename. What
  // else is in it is removed with it.
  std::string directory;
  std::string scratch;        // below it, for the engine: what the container writes elsewhere in its root
  std::string shared;         // of the whole run, beside it, for what the engine keeps from one container to the next
  std::string log_directory;  // <store>/runs/<run>/<step>.<attempt>; log.jsonl goes there
  std::vector<Mount> mounts;  // parents before children
  struct StagedInput {
    std::string source;
    std::shared_ptr<const TreeDigest> tree;  // as read for the digest: stat'ed again before the commit
  };
  std::vector<StagedInput> inputs;  // of the host
  struct StagedResult {
    std::string source;
    std::uint64_t inode = 0;  // another one is another result
  };
  std::vector<StagedResult> results;  // inputs that lie in the store
  struct View {
    std::string port;   // the output that starts as a view of
    std::string lower;  // this directory
    // Mounted at <directory>/views/<port>/merged, its upper is <directory>/result/<port>; else a copy.
    bool overlay = false;
  };
  std::vector<View> views;
};

}  // namespace boxcar
