#include "cli/complete_values.h"

#include <sys/stat.h>

#include <array>

#include "base/fd.h"
#include "cli/recorded.h"
#include "cli/terminal.h"
#include "image/image_store.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

constexpr std::size_t kRuns = 100;  // the latest

void add(const Completion& at, const std::string& value, const std::string& meaning = "") {
  offer(at.beginning + at.value, at.beginning + value, meaning);
}

void directories(const Completion& at) {
  print(":directories " + at.beginning + "\n");
}

void files(const Completion& at) {
  print(":files " + at.beginning + "\n");
}

// As people write them: without Docker's registry and the tag `latest`.
std::string short_reference(std::string name) {
  for (const std::string_view before : {"docker.io/library/", "docker.io/"}) {
    if (name.starts_with(before)) name.erase(0, before.size());
  }
  if (name.ends_with(":latest")) name.erase(name.rfind(':'));
  return name;
}

void images(const Completion& at) {
  Pool pool;
  ImageStore store(ImageStore::default_directory(), pool);
  const auto all = store.list();
  if (!all) return;
  for (const auto& entry : *all) {
    if (entry.reference.empty()) continue;
    const std::string name = short_reference(entry.reference);
    add(at, name.starts_with(at.value) ? name : entry.reference, entry.image->identity.short_hex());
  }
}

void files_and_images(const Completion& at) {
  images(at);
  files(at);
}

void sources(const Completion& at) {
  constexpr std::array<std::pair<std::string_view, bool>, 6> kinds{{{"docker-archive:", true},
                                                                    {"oci-archive:", true},
                                                                    {"oci:", true},
                                                                    {"docker-daemon:", false},
                                                                    {"containers-storage:", false},
                                                                    {"docker://", false}}};
  for (const auto& [kind, path] : kinds) {
    if (!at.value.starts_with(kind)) {
      add(at, std::string(kind));
    } else if (path) {
      files({at.command, {}, at.beginning + std::string(kind), ""});
    }
  }
  if (at.value.find(':') == std::string::npos) files(at);
}

// The workflow that the command line names, or is likely to.
std::optional<Workflow> workflow_of(const Completion& at) {
  std::string path = at.positional.empty() ? "." : at.positional[0];
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) path = join_path(path, "boxcar.yml");
  auto text = read_file(path);
  if (!text) return std::nullopt;
  Findings findings;
  return read_workflow({path, *std::move(text)}, current_directory(), findings);
}

void steps(const Completion& at) {
  const auto workflow = workflow_of(at);
  if (!workflow) return;
  for (const auto& step : workflow->steps) add(at, step.name, *step.image);
}

void settings(const Completion& at) {
  const auto workflow = workflow_of(at);
  if (!workflow) return;
  for (const auto& input : workflow->inputs) {
    std::string meaning = input.parameter.help;
    if (meaning.empty() && input.parameter.initial) meaning = "default: " + input.parameter.initial->plain();
    add(at, input.parameter.name + "=", meaning);
  }
}

std::unique_ptr<RunStore> record() {
  if (!exists(RunStore::default_path())) return nullptr;  // opening it would make it
  auto store = RunStore::open(RunStore::default_path());
  return store ? *std::move(store) : nullptr;
}

void runs(const Completion& at) {
  const auto store = record();
  if (!store) return;
  const auto all = store->runs(kRuns);
  if (!all) return;
  for (const RunRecord& run : *all) {
    const std::string_view status = status_of(run);
    if (at.command == "boxcar stop" && status != "running") continue;
    add(at, run.id, std::string(status) + "  " + local_time(run.started) + "  " + run.workflow);
  }
}

void runs_and_steps(const Completion& at) {
  const auto slash = at.value.find('/');
  if (slash == std::string::npos) return runs(at);
  const auto store = record();
  if (!store) return;
  const auto run = store->find(at.value.substr(0, slash));
  if (!run || !*run) return;
  const auto all = store->steps((*run)->id);
  if (!all) return;
  for (const StepRecord& step : *all) {
    add(at, at.value.substr(0, slash + 1) + step.name, std::string(name_of(step.status)));
  }
}

struct Row {
  std::string_view kind;  // as --help shows it; of a positional argument without one, its name
  void (*complete)(const Completion&);
};

constexpr Row kValues[] = {
    {"DIR", directories}, {"FILE", files},   {"FILE|IMAGE", files_and_images},
    {"IMAGE", images},    {"RUN", runs},     {"RUN[/STEP]", runs_and_steps},
    {"SOURCE", sources},  {"STEP", steps},   {"[STEP.]NAME=VALUE", settings},
    {"images", images},   {"links", images},
};

}  // namespace

void complete_value(const Completion& completion, const OptionInfo& option) {
  for (const auto& choice : option.choices) add(completion, choice);
  if (!option.choices.empty()) return;
  for (const auto& row : kValues) {
    if (option.kind == row.kind) row.complete(completion);
  }
}

}  // namespace boxcar
