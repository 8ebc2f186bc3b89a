#include "run/attempts.h"

#include "run/secrets.h"

namespace boxcar {

namespace {

constexpr std::size_t kMostUnseen = std::size_t{4} << 20;  // bytes of lines on their way to the loop

}  // namespace

struct Attempts::Attempt {
  std::shared_ptr<const Action> action;
  Key key;
  AttemptName name;
  Workspace workspace;
  bool prepared = false;
  std::vector<SecretReference> secrets;
  std::unique_ptr<const Redactor> redactor;  // null: the step has no secrets
  std::optional<LogWriter> log;              // fed on the engine's thread

  // What an engine or the store says may hold what the container named so.
  std::string redacted(std::string text) const { return redactor ? redactor->redacted(text) : std::move(text); }
  Error redacted(Error error) const {
    error.message = redacted(std::move(error.message));
    error.context = redacted(std::move(error.context));
    for (auto& line : error.more) line = redacted(std::move(line));
    return error;
  }
};

Attempts::Attempts(Results& results, MakeEngine make_engine, Submit submit, EventQueue& events)
    : results_(results),
      make_engine_(std::move(make_engine)),
      submit_(std::move(submit)),
      events_(events),
      unseen_(std::make_shared<std::atomic<std::size_t>>(0)) {}

Attempts::~Attempts() = default;

std::shared_ptr<Attempts::Attempt> Attempts::find(JobId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(id);
  return found == attempts_.end() ? nullptr : found->second;
}

Result<Engine*> Attempts::engine() {
  const std::lock_guard lock(mutex_);
  if (!engine_) {
    TRY(engine_, make_engine_(*this));
  }
  return engine_.get();
}

std::string Attempts::engine_name() const {
  const std::lock_guard lock(mutex_);
  return engine_ ? engine_->name() : "";
}

void Attempts::begin(JobId id, std::shared_ptr<const Action> action, const Key& key, AttemptName name,
                     std::vector<SecretReference> secrets) {
  auto attempt = std::make_shared<Attempt>();
  attempt->action = std::move(action);
  attempt->key = key;
  attempt->name = std::move(name);
  attempt->secrets = std::move(secrets);
  {
    const std::lock_guard lock(mutex_);
    attempts_.emplace(id, attempt);
  }
  submit_([this, id, attempt] {
    if (auto started = prepare_and_start(id, *attempt); !started) {
      events_.post(Ended{id, tl::unexpected(attempt->redacted(std::move(started).error()))});
    }
  });
}

Result<void> Attempts::prepare_and_start(JobId id, Attempt& attempt) {
  TRY(Engine* const engine, this->engine());
  TRY(Secrets secrets, read_secrets(attempt.secrets));
  if (!secrets.empty()) attempt.redactor = std::make_unique<const Redactor>(secrets);
  Job job;
  if (const auto left = engine->left_behind(attempt.key)) {
    if (auto workspace = results_.reopen(*attempt.action, *left, attempt.name)) {
      attempt.workspace = *std::move(workspace);
      job.left_behind = true;
      events_.post(
          Notes{{"step " + attempt.name.step + ": taking up its container, which run " + left->run + " left behind"}});
    }
  }
  if (!job.left_behind) {
    TRY(attempt.workspace, results_.prepare(*attempt.action, attempt.key, attempt.name));
  }
  attempt.prepared = true;
  if (!attempt.workspace.log_directory.empty()) {
    const auto show = [this, id](Stream stream, std::string_view line) {
      if (unseen_->load() > kMostUnseen) return;
      Lines lines{id, stream, std::string(line) + "\n"};
      *unseen_ += lines.text.size();
      events_.post(std::move(lines));
    };
    TRY(attempt.log,
        LogWriter::open(attempt.workspace.log_directory, show, LogWriter::kDefaultCap, attempt.redactor.get()));
  }
  job.id = id;
  job.action = attempt.action;
  job.key = attempt.key;
  job.name = attempt.name;
  job.directory = attempt.workspace.scratch;
  job.shared = attempt.workspace.shared;
  job.mounts = attempt.workspace.mounts;
  job.secrets = std::move(secrets);
  return engine->start(std::move(job));
}

void Attempts::commit(JobId id, const Ending& ending, bool keep) {
  submit_([this, id, ending, keep, attempt = find(id)] {
    if (!keep) results_.clear_scratch(attempt->workspace);
    auto result = results_.commit(attempt->workspace, *attempt->action, attempt->key, ending);
    if (!result) result = tl::unexpected(attempt->redacted(std::move(result).error()));
    if (result) discard(id, false);
    events_.post(Committed{id, std::move(result)});
  });
}

std::string Attempts::discard(JobId id, bool keep) {
  const auto attempt = find(id);
  {
    const std::lock_guard lock(mutex_);
    attempts_.erase(id);
  }
  if (!attempt->prepared) return "";
  submit_([this, keep, attempt] { results_.discard(attempt->workspace, keep); });
  return keep ? attempt->workspace.directory : "";
}

void Attempts::stop(JobId id, Seconds grace) {
  Engine* engine = nullptr;
  {
    const std::lock_guard lock(mutex_);
    engine = engine_.get();
  }
  if (engine != nullptr) engine->stop(id, grace);
}

void Attempts::started(JobId id) {
  events_.post(Started{id});
}

void Attempts::output(JobId id, Stream stream, std::string_view bytes) {
  const auto attempt = find(id);
  if (attempt->log) attempt->log->write(stream, bytes);
}

void Attempts::note(const std::string& text) {
  events_.post(Notes{{text}});
}

void Attempts::ended(JobId id, const Ending& ending) {
  const auto attempt = find(id);
  const auto logged = attempt->log ? attempt->log->close() : Result<void>();
  Ending told = ending;
  told.engine_error = attempt->redacted(std::move(told.engine_error));
  if (told.lost) {
    events_.post(Ended{id, fail(attempt->redacted(*std::move(told.lost)))});
  } else if (!logged && told.succeeded()) {  // a result has all of its log
    events_.post(Ended{id, tl::unexpected(logged.error())});
  } else {
    if (!logged)
      events_.post(Notes{{"step " + attempt->name.step + ": its log is not whole: " + logged.error().text()}});
    events_.post(Ended{id, std::move(told)});
  }
}

}  // namespace boxcar
