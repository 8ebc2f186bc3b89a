#include "engine/trial.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/fd.h"
#include "base/user_directories.h"
#include "engine/helper_binary.h"
#include "engine/runtime.h"

namespace boxcar {

namespace {

constexpr Seconds kPatience{30};

class EndSink final : public EngineSink {
 public:
  void started(JobId /*id*/) override {}
  void output(JobId /*id*/, Stream stream, std::string_view bytes) override {
    if (stream == Stream::Err && errors_.size() < 1000) errors_ += bytes;
  }
  void ended(JobId /*id*/, const Ending& ending) override {
    const std::lock_guard lock(mutex_);
    ending_ = ending;
    changed_.notify_all();
  }

  Result<void> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ending_.has_value(); });
    if (ending_->succeeded()) return {};
    if (!ending_->engine_error.empty()) return fail(ErrorKind::Unavailable, ending_->engine_error);
    if (ending_->timed_out) return fail(ErrorKind::Unavailable, "a container hangs");
    return fail(ErrorKind::Unavailable, "a container ends with " + std::to_string(ending_->exit_code) +
                                            (errors_.empty() ? "" : ": " + errors_));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Ending> ending_;
  std::string errors_;  // of the engine's thread, until the end
};

Result<void> run(Engine& engine, EndSink& sink, Job job) {
  CHECK_OK(engine.start(std::move(job)));
  return sink.wait();
}

}  // namespace

Result<std::vector<std::string>> trial_layers(const std::string& directory) {
  const std::string layer = join_path(directory, "layer");
  CHECK_OK(make_directories(layer));
  CHECK_OK(write_file(join_path(layer, "helper"), helper_binary(), 0755));
  return std::vector{layer};
}

// `helper own 0 0 /helper`: as root of the container it takes over its own file, in the part of the root that may be
// written.
Job trial_job(JobId id, const std::string& run, const std::string& directory, const std::string& shared) {
  auto action = std::make_shared<Action>();
  action->image = std::make_shared<Image>();
  action->argv = {"/helper", "own", "0", "0", "/helper"};
  action->env = {"HOME=/", "PATH=/"};
  action->working_dir = "/";
  action->step = "trial";
  action->timeout = kPatience;
  Job job;
  job.id = id;
  job.action = std::move(action);
  job.name = {run, "trial", 1};
  job.directory = directory;
  job.shared = shared;
  return job;
}

Result<Trial> try_container(const EmbeddedOptions& options, const std::string& directory) {
  TRY(const auto all, trial_layers(directory));
  Trial trial;
  TRY(const auto runtime, choose_runtime(options.runtime, user_cache_directory()));
  trial.runtime = runtime.version;
  EndSink sink;
  const auto layers = [&](const Image&) { return all; };
  TRY(const auto engine, make_embedded_engine(options, layers, sink));
  trial.ran =
      run(*engine, sink, trial_job(1, options.run, join_path(directory, "job"), join_path(directory, "shared")));
  trial.without_limits = engine->without_limits();
  return trial;
}

}  // namespace boxcar
