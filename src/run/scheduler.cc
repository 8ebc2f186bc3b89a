#include "run/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "run/output_content.h"

namespace boxcar {

namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr int kUnavailableTries = 3;  // of an engine or disk that is merely unavailable, whatever `retries` says

Failure failure_of(const Ending& ending) {
  if (!ending.engine_error.empty()) return Failure::Invalid;
  if (ending.timed_out) return Failure::Timeout;
  if (ending.out_of_memory) return Failure::Memory;
  return ending.exit_code > 128 ? Failure::Signal : Failure::Exit;
}

// What made the limit, for whoever has to raise it.
std::string how_to_raise(const Plan& plan, const PlannedStep& step, std::uint64_t limit, const ScaledNeeds* scaled) {
  // Later tries may have more than any of these gives.
  std::uint64_t largest = needs_of(step).limits.memory.value_or(0);
  std::string advice = "raise " + std::string(plan.memory_key);
  for (std::size_t i = 0; scaled != nullptr && i < scaled->rules.size(); ++i) {
    const RuleOfPort& rule = scaled->rules[i];
    if (!rule.rule.limit || !rule.measured || rule.gives() <= largest) continue;
    largest = rule.gives();
    advice = "raise the scale_factor of its rule " + rule.text();
  }
  const StepOptions& options = *step.options;
  const bool grown = options.retry_memory > 1 && options.max_memory && largest < limit && limit >= *options.max_memory;
  return grown ? "raise max_memory" : advice;
}

std::string why_it_failed(const Plan& plan, const PlannedStep& planned, const std::optional<std::uint64_t>& limit,
                          const ScaledNeeds* scaled, const Ending& ending) {
  const StepOptions& step = *planned.options;
  if (!ending.engine_error.empty()) return ending.engine_error;
  if (ending.timed_out) {
    return "took longer than its timeout of " + human_duration(step.timeout.value_or(Seconds(0)).count());
  }
  if (ending.out_of_memory) {
    std::string what = "ran out of memory";
    if (limit)
      what += " (its limit is " + human_bytes(*limit) + "; " + how_to_raise(plan, planned, *limit, scaled) + ")";
    // One that could do without the child that was killed is rarer than one that didn't look.
    if (ending.exit_code == 0) what += ": a process of it was killed, though it exited with code 0";
    return what;
  }
  if (ending.exit_code > 128) return "was killed by signal " + std::to_string(ending.exit_code - 128);
  return "exited with code " + std::to_string(ending.exit_code);
}

// For each step those that read an output of it.
Adjacency readers(const Plan& plan) {
  std::vector<Edge> edges;
  for (StepIndex step = 0; step < plan.steps.size(); ++step) {
    for (const auto& input : plan.steps[step].inputs) {
      if (input.step != PlannedInput::kHost) edges.emplace_back(input.step, step);
    }
  }
  return {plan.steps.size(), std::move(edges)};
}

// "input 'sky'", or "parameter 'sky'" of a `file`.
std::string name_of(const PlannedStep& step, const PlannedInput& input) {
  const Tool& tool = *step.tool->tool;
  return input.parameter ? "parameter " + in_quotes(tool.parameters[input.port].name)
                         : "input " + in_quotes(tool.inputs[input.port].name);
}

}  // namespace

std::chrono::milliseconds pause_after(int attempts) {
  constexpr std::chrono::milliseconds first{500}, longest{30'000};
  return std::min(first * (1 << std::min(attempts - 1, 10)), longest);  // twice as long each time
}

Scheduler::Scheduler(SchedulerParts parts, ScheduleOptions options)
    : parts_(std::move(parts)), options_(std::move(options)), runnable_(options_.machine) {
  const std::size_t n = parts_.plan.steps.size();
  states_.resize(n);
  waiting_.resize(n);
  results_.resize(n);
  if (options_.dry_run) readers_ = readers(parts_.plan);
}

const StoredResult* Scheduler::result(StepIndex step) const {
  return results_[step] ? &*results_[step] : nullptr;
}

RunStatus Scheduler::run() {
  parts_.observer.run_started(parts_.plan, options_.wanted, options_.run);
  prefetch();
  for (StepIndex step = 0; step < states_.size(); ++step) {
    for (const StepIndex next : waiting_for(step)) ++waiting_[next];
  }
  for (StepIndex step = 0; step < states_.size(); ++step) {
    if (wanted(step) && waiting_[step] == 0) ready_.push_back(step);
  }
  advance();
  auto next_tick = Clock::now() + kTick;
  while (active()) {
    auto events = parts_.events.take(next_tick);
    for (auto& event : events) {
      std::visit([this](auto& e) { handle(e); }, event);
    }
    if (Clock::now() >= next_tick) {
      retry_blocked();
      parts_.observer.tick();
      next_tick = Clock::now() + kTick;
    }
    advance();
  }
  if (interrupts_ > 0) {
    for (StepIndex step = 0; step < states_.size(); ++step) {
      if (wanted(step) && states_[step].status == StepStatus::Waiting) change(step, StepStatus::Cancelled);
    }
    return RunStatus::Cancelled;
  }
  if (failed_) {
    for (StepIndex step = 0; step < states_.size(); ++step) {
      if (wanted(step) && states_[step].status == StepStatus::Waiting) {
        change(step, StepStatus::Skipped, "not started, since another step failed");
      }
    }
  }
  return failed_ ? RunStatus::Failed : RunStatus::Succeeded;
}

// What the steps read of the host is digested from the start, while the first steps run.
void Scheduler::prefetch() {
  for (StepIndex step = 0; step < states_.size(); ++step) {
    if (!wanted(step)) continue;
    for (const auto& input : parts_.plan.steps[step].inputs) {
      if (input.step == PlannedInput::kHost) slot_of(input.path);
    }
  }
}

std::uint32_t Scheduler::slot_of(const std::string& path) {
  const auto [found, fresh] = slot_by_path_.try_emplace(path, static_cast<std::uint32_t>(slots_.size()));
  if (fresh) {
    slots_.push_back({path, {}, {}});
    ++digesting_;
    parts_.submit([this, slot = found->second, path] { parts_.events.post(ContentReady{slot, parts_.digest(path)}); });
  }
  return found->second;
}

// A step that is about to be launched may turn out to have a result already, or be refused: then others are ready.
void Scheduler::advance() {
  do {
    settle_ready();
    launch_what_fits();
  } while (!ready_.empty());
}

void Scheduler::settle_ready() {
  while (!ready_.empty()) {
    const StepIndex step = ready_.front();
    ready_.pop_front();
    if (!ending() && states_[step].status != StepStatus::Skipped) inputs_ready(step);
  }
}

// Where a link that names a path within a port leads; "" for other inputs.
Result<std::string> Scheduler::subpath(const PlannedInput& input) const {
  if (input.step == PlannedInput::kHost) return input.path;
  if (input.path.empty()) return std::string();
  const auto& producer = parts_.plan.steps[input.step];
  const auto& name = producer.tool->tool->outputs[input.output].name;
  for (const auto& port : results_[input.step]->ports) {
    if (port.port == name && port.present) {
      return parts_.results.port_path(*results_[input.step], port) + "/" + input.path;
    }
  }
  return fail(ErrorKind::NotFound, "step '" + producer.name + "' did not write its optional output '" + name + "'");
}

void Scheduler::inputs_ready(StepIndex step) {
  for (const auto& input : parts_.plan.steps[step].inputs) {
    const auto path = subpath(input);
    if (!path) return fail_step(step, path.error());
    if (path->empty()) continue;
    const auto slot = slot_of(*path);
    if (slots_[slot].content) continue;
    ++waiting_[step];
    slots_[slot].waiting.push_back(step);
  }
  if (waiting_[step] == 0) consider(step);
}

Result<Content> Scheduler::content_of(const PlannedStep& step, const PlannedInput& input) {
  TRY(const std::string path, subpath(input));
  if (!path.empty()) {
    const auto& content = *slots_[slot_of(path)].content;
    if (content) return content;
    if (content.error().kind != ErrorKind::NotFound || input.step == PlannedInput::kHost) {
      return fail(Error(content.error()).in(name_of(step, input)));
    }
    const auto& producer = parts_.plan.steps[input.step];
    const std::string port = path.substr(0, path.size() - input.path.size() - 1);
    return fail(ErrorKind::NotFound,
                not_in_output(producer.name, producer.tool->tool->outputs[input.output].name, port, input.path));
  }
  const StoredResult& result = *results_[input.step];
  const auto& name = parts_.plan.steps[input.step].tool->tool->outputs[input.output].name;
  const auto port =
      std::find_if(result.ports.begin(), result.ports.end(), [&](const auto& p) { return p.port == name; });
  if (port != result.ports.end() && port->present) {
    return Content{port->content, port->kind, parts_.results.port_path(result, *port)};
  }
  if (!input.parameter && step.tool->tool->inputs[input.port].optional) return Content{};
  return fail(ErrorKind::NotFound, "step '" + parts_.plan.steps[input.step].name +
                                       "' did not write its optional output '" + name + "', which this step reads");
}

Result<Action> Scheduler::action_of(StepIndex index) {
  const auto& step = parts_.plan.steps[index];
  auto action = make_action(step, [&](const PlannedInput& input) { return content_of(step, input); });
  if (!action || !step.options->cache.direct) return action;
  const auto& ports = step.tool->tool->outputs;
  for (auto& output : action->outputs) {
    const auto port = std::find_if(ports.begin(), ports.end(), [&](const auto& p) { return p.name == output.port; });
    const auto* target = parts_.plan.direct_target(index, static_cast<std::uint32_t>(port - ports.begin()));
    if (target != nullptr) output.direct = *target;
  }
  return action;
}

std::optional<StoredResult> Scheduler::known(StepIndex step, const Action& action, const Key& key) {
  const auto& cache = parts_.plan.steps[step].options->cache;
  if (!cache.enabled || (!options_.rerun.empty() && options_.rerun[step])) return std::nullopt;
  auto result = parts_.results.lookup(action, key);
  if (result && cache.max_age && now_micros() - result->finished > cache.max_age->count() * 1e6) return std::nullopt;
  return result;
}

// All inputs are known, so the key is: is its result there already?
void Scheduler::consider(StepIndex step) {
  const auto action = action_of(step);
  if (!action) return refuse(step, action.error());
  const Key key = action_key(*action);
  states_[step].key = key;
  if (auto result = known(step, *action, key)) return finish(step, StepStatus::Cached, *std::move(result));
  if (options_.dry_run) return would_run(step, *action);
  if (options_.explain) parts_.observer.note(parts_.plan.steps[step].name + ": " + options_.explain(step, *action));
  if (const auto same = computing_.find(key); same != computing_.end()) {
    same->second.push_back(step);
  } else {
    computing_.emplace(key, std::vector<StepIndex>{});
    enqueue(step);
  }
}

Sources Scheduler::sources(StepIndex step) const {
  const PlannedStep& planned = parts_.plan.steps[step];
  Sources sources;
  for (const auto& port : planned.tool->tool->inputs) sources.emplace(port.name, "");
  for (const auto& input : planned.inputs) {
    if (input.parameter) continue;
    const auto source = sources.find(planned.tool->tool->inputs[input.port].name);
    if (input.step == PlannedInput::kHost) {
      source->second = input.path;
    } else if (const StoredResult* result = this->result(input.step)) {
      const auto& name = parts_.plan.steps[input.step].tool->tool->outputs[input.output].name;
      for (const auto& output : result->ports) {
        if (output.port == name && output.present)
          source->second = join_path(parts_.results.port_path(*result, output), input.path);
      }
    } else {
      sources.erase(source);
    }
  }
  return sources;
}

// It must run: it waits for a place, once it is known what it needs.
void Scheduler::enqueue(StepIndex step) {
  const PlannedStep& planned = parts_.plan.steps[step];
  if (!has_rules(planned) || scaled_.contains(step)) return runnable_.add(step, demand(step));
  ++measuring_;
  parts_.submit([this, step, scaled = unmeasured(planned), sources = sources(step)]() mutable {
    auto done = measure_rules(scaled, sources, parts_.cancelled);
    parts_.events.post(
        NeedsMeasured{step, done ? Result<ScaledNeeds>(std::move(scaled)) : fail(std::move(done).error())});
  });
}

void Scheduler::handle(NeedsMeasured& event) {
  --measuring_;
  if (ending()) return;
  if (!event.needs) return refuse(event.step, event.needs.error());
  for (const auto& rule : event.needs->rules) {
    if (rule.measured->files == 0)
      parts_.observer.note("step " + parts_.plan.steps[event.step].name + ": no file counts for " + rule.text());
  }
  const auto wrong = too_much(event.needs->needs, options_.machine);
  scaled_.emplace(event.step, *std::move(event.needs));
  if (wrong) return fail_step(event.step, Failure::Memory, *wrong);
  runnable_.add(event.step, demand(event.step));
}

Needs Scheduler::needs(StepIndex step) const {
  const auto scaled = scaled_.find(step);
  return scaled == scaled_.end() ? needs_of(parts_.plan.steps[step]) : scaled->second.needs;
}

// Of a dry run: the steps after this one can't be known, since what they read isn't.
void Scheduler::would_run(StepIndex step, const Action& action) {
  change(step, StepStatus::Waiting, options_.explain ? options_.explain(step, action) : "no result yet");
  std::vector<StepIndex> after(1, step);
  while (!after.empty()) {
    const StepIndex from = after.back();
    after.pop_back();
    for (const StepIndex next : waiting_for(from)) {
      if (!wanted(next) || !states_[next].message.empty()) continue;
      change(next, StepStatus::Waiting, "depends on " + parts_.plan.steps[step].name);
      after.push_back(next);
    }
  }
}

void Scheduler::launch_what_fits() {
  const auto now = Clock::now();
  std::erase_if(delayed_, [&](const auto& delayed) {
    if (delayed.first > now && !ending()) return false;
    runnable_.add_first(delayed.second, demand(delayed.second));
    return true;
  });
  if (ending()) {
    runnable_.clear();
    blocked_.clear();
    return;
  }
  // Commits overlap with the next containers, but must not pile up.
  while (!runnable_.empty() && in_containers_ < options_.jobs && running_.size() < 3 * options_.jobs) {
    const auto next = runnable_.next();
    if (!next) break;
    if (launch(next->step, next->demand)) {
      runnable_.started();
    } else {
      runnable_.release(next->demand);
    }
  }
}

// False: it does not run.
bool Scheduler::launch(StepIndex step, const Demand& demand) {
  auto made = action_of(step);
  if (!made) {
    refuse(step, made.error());
    return false;
  }
  if (const auto scaled = scaled_.find(step); scaled != scaled_.end()) made->needs = scaled->second.needs;
  const auto action = std::make_shared<const Action>(*std::move(made));
  const Key& key = states_[step].key;
  auto lock = parts_.results.try_lock(key);
  if (!lock) {
    if (std::find(blocked_.begin(), blocked_.end(), step) == blocked_.end()) blocked_.push_back(step);
    if (told_blocked_.insert(step).second) {
      parts_.observer.note("step " + parts_.plan.steps[step].name +
                           ": waiting for another boxcar, which computes the same");
    }
    return false;
  }
  // Between the first look and the lock another runner may have left the result.
  if (auto result = known(step, *action, key)) {
    finish(step, StepStatus::Cached, *std::move(result));
    return false;
  }
  const JobId id = ++last_job_;
  auto& job = running_[id];
  job.step = step;
  job.demand = demand;
  job.lock = std::move(lock);
  ++in_containers_;
  ++states_[step].attempts;
  states_[step].needs = action->needs;
  const auto& name = parts_.plan.steps[step].name;
  parts_.attempts.begin(id, action, key, AttemptName{options_.run, name, states_[step].attempts},
                        parts_.plan.steps[step].options->secrets);
  change(step, StepStatus::Running);
  return true;
}

// Another runner held the key: it may have left the result by now, or given up.
void Scheduler::retry_blocked() {
  for (const StepIndex step : std::exchange(blocked_, {})) {
    const auto action = action_of(step);
    if (!action) {
      refuse(step, action.error());
    } else if (auto result = known(step, *action, states_[step].key)) {
      finish(step, StepStatus::Cached, *std::move(result));
    } else {
      runnable_.add(step, demand(step));
    }
  }
}

void Scheduler::handle(ContentReady& event) {
  --digesting_;
  auto& slot = slots_[event.slot];
  slot.content = std::move(event.content);
  for (const StepIndex step : std::exchange(slot.waiting, {})) {
    if (--waiting_[step] == 0) ready_.push_back(step);
  }
}

void Scheduler::handle(Started& event) {
  if (const auto job = running_.find(event.job); job != running_.end())
    parts_.observer.container_started(job->second.step);
  if (interrupts_ > 0) parts_.attempts.stop(event.job, interrupts_ > 1 ? Seconds(0) : options_.grace);
}

void Scheduler::handle(Lines& event) {
  parts_.attempts.seen(event.text.size());
  const auto job = running_.find(event.job);
  if (job == running_.end()) return;
  std::string_view text = event.text;
  while (!text.empty()) {
    const auto end = text.find('\n');
    parts_.observer.step_output(job->second.step, event.stream, text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void Scheduler::handle(Ended& event) {
  const auto job = running_.find(event.job);
  const StepIndex step = job->second.step;
  auto& state = states_[step];
  job->second.in_container = false;
  runnable_.release(job->second.demand);
  --in_containers_;
  const bool ran = event.ending && event.ending->engine_error.empty();
  if (ran) {
    state.seconds = event.ending->seconds;
    state.peak_memory = event.ending->peak_memory;
    state.exit_code = event.ending->exit_code;
    if (event.ending->succeeded()) {
      parts_.attempts.commit(event.job, *event.ending, options_.keep_failed);
      return;
    }
  }
  discard(step, event.job);
  running_.erase(job);
  if (interrupts_ > 0) {
    // What may be left of it with an engine that does not answer.
    if (!event.ending && event.ending.error().kind == ErrorKind::Unavailable)
      parts_.observer.note(parts_.plan.steps[step].name + ": " + event.ending.error().text());
    change(step, StepStatus::Cancelled);
  } else if (!event.ending) {
    const auto& error = event.ending.error();
    if (error.kind == ErrorKind::Invalid) return fail_step(step, error);  // of the image, such as its command
    if (error.kind != ErrorKind::Unavailable || !retry(step, true, error.text())) infrastructure(step, error);
  } else {
    ran_badly(step, *event.ending);
  }
}

void Scheduler::ran_badly(StepIndex step, const Ending& ending) {
  const StepOptions& options = *parts_.plan.steps[step].options;
  const Needs before = needs(step);
  const auto scaled = scaled_.find(step);
  const auto why = why_it_failed(parts_.plan, parts_.plan.steps[step], before.limits.memory,
                                 scaled == scaled_.end() ? nullptr : &scaled->second, ending);
  const auto more = ending.out_of_memory ? with_more_memory(before, options, options_.machine) : std::nullopt;
  const std::string how = more ? " with a limit of " + human_bytes(*more->limits.memory) : "";
  if (!retry(step, false, why, how)) return fail_step(step, failure_of(ending), why);
  if (more) scaled_.try_emplace(step, unmeasured(parts_.plan.steps[step])).first->second.needs = *more;
}

void Scheduler::handle(Notes& event) {
  for (const auto& note : event.notes) parts_.observer.note(note);
}

void Scheduler::handle(Committed& event) {
  const auto job = running_.find(event.job);
  const StepIndex step = job->second.step;
  if (event.result) {
    running_.erase(job);
    finish(step, StepStatus::Succeeded, *std::move(event.result));
    return;
  }
  discard(step, event.job);
  running_.erase(job);
  const auto& error = event.result.error();
  if (interrupts_ > 0) {
    change(step, StepStatus::Cancelled);
  } else if (error.kind == ErrorKind::Invalid) {
    if (!retry(step, false, error.text())) fail_step(step, error);
  } else if (error.kind != ErrorKind::Unavailable || !retry(step, true, error.text())) {
    infrastructure(step, error);
  }
}

void Scheduler::handle(Interrupted&) {
  ++interrupts_;
  // What a container has left already is worth a moment; whoever can't wait asks again.
  const bool committing = in_containers_ < running_.size();
  if (!committing || interrupts_ > 1) parts_.cancel();
  parts_.observer.note(interrupts_ > 1 ? "killing"
                       : committing    ? "stopping, once results are committed; once more to stop at once"
                                       : "stopping; once more to kill at once");
  for (const auto& [id, job] : running_) {
    if (job.in_container) parts_.attempts.stop(id, interrupts_ > 1 ? Seconds(0) : options_.grace);
  }
}

void Scheduler::discard(StepIndex step, JobId job) {
  const std::string kept = parts_.attempts.discard(job, options_.keep_failed);
  if (!kept.empty())
    parts_.observer.note("step " + parts_.plan.steps[step].name + ": its workspace is kept in " + kept);
}

void Scheduler::change(StepIndex step, StepStatus status, std::string message, Failure failure) {
  states_[step].status = status;
  states_[step].failure = failure;
  states_[step].message = std::move(message);
  parts_.observer.step_changed(step, states_[step]);
}

void Scheduler::finish(StepIndex step, StepStatus status, StoredResult result) {
  auto& state = states_[step];
  // Of a container that left the bytes of an earlier result again it is this one's own time that counts.
  if (status == StepStatus::Cached) {
    state.seconds = result.seconds;
    state.peak_memory = result.peak_memory;
  }
  state.exit_code = 0;
  results_[step] = std::move(result);
  change(step, status);
  for (const StepIndex next : waiting_for(step)) {
    if (wanted(next) && --waiting_[next] == 0) ready_.push_back(next);
  }
  if (const auto same = computing_.find(state.key); same != computing_.end()) {
    for (const StepIndex other : std::exchange(same->second, {})) ready_.push_back(other);
    computing_.erase(same);
  }
}

void Scheduler::fail_step(StepIndex step, Failure failure, std::string message) {
  failed_ = true;
  change(step, StepStatus::Failed, std::move(message), failure);
  skip_after(step);
  // Who waited for the same action tries it for itself.
  if (const auto same = computing_.find(states_[step].key); same != computing_.end()) {
    for (const StepIndex other : std::exchange(same->second, {})) ready_.push_back(other);
    computing_.erase(same);
  }
}

// Its action can't be made: what it reads isn't there, or is nothing that can be read; or a disk does not give it.
void Scheduler::refuse(StepIndex step, const Error& error) {
  if (error.kind == ErrorKind::Invalid || error.kind == ErrorKind::NotFound) return fail_step(step, error);
  infrastructure(step, error);
}

void Scheduler::infrastructure(StepIndex step, const Error& error) {
  if (!trouble_) trouble_ = error;
  fail_step(step, error);
}

bool Scheduler::retry(StepIndex step, bool unavailable, const std::string& why, const std::string& how) {
  const int tries = 1 + std::max(parts_.plan.steps[step].options->retries, unavailable ? kUnavailableTries - 1 : 0);
  if (states_[step].attempts >= tries) return false;
  const auto pause = pause_after(states_[step].attempts);
  delayed_.emplace_back(Clock::now() + pause, step);
  change(step, StepStatus::Waiting,
         why + "; attempt " + std::to_string(states_[step].attempts + 1) + " of " + std::to_string(tries) + how +
             " in " + human_duration(Seconds(pause).count()));
  return true;
}

// Everything that reads what this step did not give.
void Scheduler::skip_after(StepIndex step) {
  std::vector<StepIndex> after(1, step);
  while (!after.empty()) {
    const StepIndex from = after.back();
    after.pop_back();
    for (const StepIndex next : parts_.plan.successors(from)) {
      if (!wanted(next) || states_[next].status == StepStatus::Skipped) continue;
      change(next, StepStatus::Skipped, "needs " + parts_.plan.steps[step].name + ", which failed");
      after.push_back(next);
    }
  }
}

}  // namespace boxcar
