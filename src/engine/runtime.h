// The OCI runtime: which one, and how it is called.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace boxcar {

struct Runtime {
  std::string path;        // absolute
  std::string version;     // "crun 1.8.1"
  bool own_group = false;  // insists on making its own cgroup (runc)
};

// `wanted` as EmbeddedOptions::runtime. What a program answers to --version is kept in `cache_directory` for as long as
// the file does not change; "": nowhere. Unavailable when there is none that works.
Result<Runtime> choose_runtime(const std::string& wanted, const std::string& cache_directory);

struct RuntimeCall {
  std::string id;      // of the container, unique below `root`
  std::string root;    // where the runtime keeps its state
  std::string bundle;  // the directory of config.json
  std::string log;     // of its errors, JSON by line
  std::string pid_file;
};

std::vector<std::string> run_command(const Runtime& runtime, const RuntimeCall& call);

// The last error in a runtime's log, in plain words, or "".
std::string runtime_error(const std::string& log);

}  // namespace boxcar
