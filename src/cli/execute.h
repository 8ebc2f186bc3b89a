// What run, chain and tool share: boxcar's own options, and running a workflow with the right display.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "model/workflow.h"
#include "run/session.h"

namespace boxcar {

struct RunOptions {
  std::string engine;                  // "": $BOXCAR_ENGINE, else the configuration's, else auto
  std::shared_ptr<EnginePlace> place;  // RunRequest::place
  std::string store;                   // "": $BOXCAR_STORE, else the command's own default
  std::string pull;                    // "": the configuration's, else missing
  std::string grace;                   // "": the configuration's, else 10s
  std::vector<std::string> set;
  std::string values;  // --config FILE, of commands that declare it
  std::vector<std::string> targets;
  std::vector<std::string> rerun;
  unsigned jobs = 0;
  std::string cores, memory, gpus;  // "": what there is
  bool dry_run = false;
  bool explain = false;
  bool monitor_memory = false;
  bool keep_going = false;
  bool keep_failed = false;
  bool detach = false;
  bool json = false;

  void declare(Options& options, const std::string& default_store);
  // Fills in what the call did not say. None: go on; else the exit code, once what is wrong was said.
  std::optional<int> complete();
  PullPolicy pull_policy() const;
  Result<Resources> machine() const;  // what the call says of it
};

// --engine; `help` says what for.
void declare_engine(Options& options, std::string& engine, const std::string& help);
void declare_pull(Options& options, std::string& pull);

// How boxcar was called: for the record, and for --detach, which calls it again.
struct Call {
  std::string command;                   // "run"
  std::vector<std::string> args;         // what followed it, without what no record may hold
  bool container_code = false;           // exit with the container's own code where that is not 0
  bool large = false;                    // RunRequest::large
  std::vector<std::string> handed = {};  // what --detach hands over instead (cli/detach.h)
};

// `default_store`: absolute. Prints everything that is to be said, and gives the exit code.
int execute(const RunOptions& options, WorkflowSource workflow, const std::string& default_store, const Call& call);

// Says an error or findings as --json or for people; gives the exit code.
int say(const Error& error, bool json = false);
int say(Findings& findings, bool json = false);
// The value of --store, else $BOXCAR_STORE, else the command's own; absolute.
std::string store_directory(const std::string& option, const std::string& by_default);
void say_progress(const std::string& line);  // of a pull, to stderr

}  // namespace boxcar
