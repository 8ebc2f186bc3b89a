// boxcar's public face in C++: build a workflow in code, run it, look at its results.
//
//   boxcar::WorkflowBuilder workflow("imaging");
//   auto simulate = workflow.step("simulate", "kliko/simms").param("tel", "meerkat");
//   auto image = workflow.step("image", "kliko/wsclean").requires_step(simulate);
//   workflow.output("images", image, "output", "./images");
//   const boxcar::RunSummary run = workflow.run();
//   if (!run.ok()) std::cerr << run.explanation();
//
// Nothing throws, and nothing is checked before run(): it says all that is wrong at once. Nothing is thread-safe. run()
// blocks, and must be called while the program has no other thread, since it enters a mount namespace of its own, and
// where the program is not root a user namespace, in which it is root from then on; it
// takes SIGINT, SIGTERM and SIGHUP as a wish to stop, where the program does not ignore them. While it runs they are
// blocked in the calling thread and SIGPIPE is ignored; afterwards mask and disposition are as they were before, and a
// signal that stopped the run does not reach the program.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

class Value;
struct WorkflowState;  // the workflow as boxcar keeps it

// A step of a WorkflowBuilder. Copies name the same step; they keep the workflow alive.
class StepBuilder {
 public:
  // The value of a parameter. Types are strict: an int is a float, nothing else converts. Of a `file` parameter the
  // value is a path of the host; relative paths count from the workflow's directory.
  StepBuilder& param(std::string_view name, bool value);
  StepBuilder& param(std::string_view name, int value);
  StepBuilder& param(std::string_view name, std::int64_t value);
  StepBuilder& param(std::string_view name, double value);
  StepBuilder& param(std::string_view name, const char* value);
  StepBuilder& param(std::string_view name, std::string_view value);
  StepBuilder& param(std::string_view name, const std::vector<bool>& values);
  StepBuilder& param(std::string_view name, const std::vector<std::int64_t>& values);
  StepBuilder& param(std::string_view name, const std::vector<double>& values);
  StepBuilder& param(std::string_view name, const std::vector<std::string>& values);

  // Feeds an input port (or a `file` parameter): from an output port of another step, or a path within it …
  StepBuilder& input(std::string_view port, const StepBuilder& from, std::string_view output,
                     std::string_view path_within = {});
  // … or from a path of the host.
  StepBuilder& input(std::string_view port, std::string_view host_path);
  // As requires() of a Kliko task: the output of `from` feeds this step, whether it is of the split or the join kind.
  StepBuilder& requires_step(const StepBuilder& from);
  // Order without data.
  StepBuilder& after(const StepBuilder& before);

  StepBuilder& env(std::string_view name, std::string_view value);
  StepBuilder& cpu(double cores);
  StepBuilder& memory(std::uint64_t bytes);
  StepBuilder& network(bool on);
  StepBuilder& cache(bool enabled);
  StepBuilder& retries(int times);  // after a non-zero exit
  StepBuilder& timeout(double seconds);

 private:
  friend class WorkflowBuilder;
  StepBuilder(std::shared_ptr<WorkflowState> workflow, std::size_t index)
      : workflow_(std::move(workflow)), index_(index) {}
  StepBuilder& give(std::string_view name, Value&& value);

  std::shared_ptr<WorkflowState> workflow_;
  std::size_t index_;
};

struct RunSettings {
  std::string store;        // where results are kept; "": .boxcar in the workflow's directory
  std::string engine;       // embedded, docker, podman or auto; "": $BOXCAR_ENGINE, else as configured, else auto
  unsigned jobs = 0;        // containers at once; 0: as many as there are cores
  bool keep_going = false;  // after a failure go on with what does not depend on it
  std::vector<std::string> targets;  // only these steps and what they need; empty: all
  std::vector<std::string> rerun;    // steps to run even where their result is known
  // Told of each line of progress, for people. Called on the thread that called run().
  std::function<void(const std::string&)> progress;
};

struct StepSummary {
  std::string name;
  std::string status;             // succeeded, cached, failed, cancelled or skipped
  int exit_code = 0;              // of the container
  std::string result;             // the directory of the result, absolute; "" where there is none
  double seconds = 0;             // that the container took
  std::uint64_t peak_memory = 0;  // bytes; 0 where it is not known; of Docker and Podman at least
  int attempts = 0;
  std::string message;  // why it failed
};

class RunSummary {
 public:
  std::string id;      // as `boxcar status` knows it
  std::string status;  // succeeded, failed or cancelled
  double seconds = 0;
  std::vector<StepSummary> steps;  // in the order in which they were added
  // What was wrong with the workflow, or with an engine or disk: nothing else counts then.
  std::vector<std::string> problems;

  bool ok() const { return status == "succeeded" && problems.empty(); }
  const StepSummary* step(std::string_view name) const;  // null: none
  std::string explanation() const;                       // of what is not ok, a line each
};

class WorkflowBuilder {
 public:
  // `directory`: relative host paths count from there, and the store lies in it; "": the current one.
  explicit WorkflowBuilder(std::string_view name, std::string_view directory = {});

  StepBuilder step(std::string_view name, std::string_view image);
  // Copies an output port to a host path after success.
  void output(std::string_view name, const StepBuilder& from, std::string_view port, std::string_view to);

  RunSummary run(const RunSettings& settings = {}) const;  // may be called again

 private:
  std::shared_ptr<WorkflowState> state_;
};

}  // namespace boxcar
