// boxcar test IMAGE: runs what an image declares on sample input, and says what does not hold.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/trial_of_tools.h"
#include "run/tools.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

constexpr const char* kSampleFolder = "sample";
constexpr std::size_t kLongestName = 100;  // bytes, of a step

struct TestOptions {
  RunOptions run;  // of it: engine, pull, grace, json
  std::string image;
  std::vector<std::string> templates;
  std::vector<std::string> inputs;
  std::vector<std::string> values;
  std::string samples;
  std::string timeout;

  std::optional<int> parse(const Args& args);
};

std::optional<int> TestOptions::parse(const Args& args) {
  Options options("boxcar test",
                  "Runs what an image declares on sample input, and says of each tool what does not hold: its command\n"
                  "is not found, it fails, an output stays empty, an input is written into. Keeps nothing.",
                  "boxcar test segment --input images=./some-images --set THRESHOLD=0.5");
  options.required("IMAGE", image, "Its name");
  options.list("--template", templates, "Only this tool of several; may be given again", "NAME");
  options.list("--input", inputs, "What a tool reads", "[TOOL/]PORT=DIR");
  options.value("--samples", samples,
                "A folder with PORT or TOOL/PORT for inputs that are not given (default: ./sample, if it is there)",
                "DIR");
  options.list("--set", values, "A parameter; what must have a value and gets none is made up", "[TOOL.]NAME=VALUE");
  options.value("--timeout", timeout, "How long a tool may take, as 10m (default: as long as it likes)", "TIME");
  declare_engine(options, run.engine, "Where containers run");
  declare_pull(options, run.pull);
  options.flag("--json", run.json, "One JSON document on stdout");
  if (const auto code = options.parse(args)) return code;
  return run.complete();
}

// Where the store and what is made up lie; gone when it ends.
class TestPlace {
 public:
  ~TestPlace() {
    if (!path_.empty()) std::ignore = remove_tree(path_);
  }
  Result<void> make() {
    const std::string tmp = environment("TMPDIR");
    std::string path = join_path(absolute_path(tmp.empty() ? "/tmp" : tmp, current_directory()), "boxcar-test.XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) return fail_errno("making " + path);
    path_ = std::move(path);
    return {};
  }
  std::string operator/(const char* name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

struct Candidate {
  std::string name;
  Tool tool;
  Looked looked;
  Sample sample;
};

class Test {
 public:
  explicit Test(TestOptions options) : options_(std::move(options)) {}

  int run() {
    if (auto made = place_.make(); !made) return say(made.error(), json());
    if (auto read = read_image(); !read) return say_wrong(read.error());
    if (auto given = take_given(); !given) return say_wrong(given.error());
    if (!findings_.ok()) return say(findings_, json());
    if (!json()) say(findings_);  // warnings
    // Each on its own, so that what is said of a run is said of its tool, and keeps no other from being tried.
    std::vector<ToolVerdict> verdicts;
    Findings refused;
    std::size_t refused_tools = 0;
    std::set<std::string> noted;
    for (const auto& candidate : tools_) {
      TrialWatcher watcher(noted);
      const RunReport report = run_workflow(request(candidate), watcher);
      if (report.trouble || report.status == RunStatus::Cancelled) {
        return say(report.trouble.value_or(interruption()), json());
      }
      if (report.findings.ok()) {
        verdicts.push_back(verdict_on(report, candidate.name, candidate.sample, candidate.looked, watcher));
      } else {
        verdicts.push_back(refusal(candidate, report.findings, refused));
        ++refused_tools;
      }
    }
    if (refused_tools == tools_.size()) return say(refused, json());
    print(json() ? json_of(verdicts) : text_of(verdicts));
    const bool ok = std::all_of(verdicts.begin(), verdicts.end(), [](const auto& verdict) { return verdict.ok(); });
    return ok ? kDone : kStepFailed;
  }

 private:
  bool json() const { return options_.run.json; }

  // The findings say more than the error, where there are any.
  int say_wrong(const Error& error) { return findings_.ok() ? say(error, json()) : say(findings_, json()); }

  // The image's tools, and what can be seen of them. Lets go of its threads before the run, as choosing an engine asks.
  Result<void> read_image() {
    block_interrupts();
    TRY(auto place, EnginePlace::choose(options_.run.engine));
    Pool pool;
    Images& images = place->images(pool);
    TRY(const auto image, images.resolve(options_.image, options_.run.pull_policy(), say_progress));
    TRY(auto declaration, declaration_of(images, *image, options_.image));
    auto tools = declaration.format->read_tools({declaration.name, std::move(declaration.text)}, findings_);
    if (tools.empty() || !findings_.ok()) return fail(ErrorKind::Invalid, declaration.name + " is not valid");
    for (const auto& wanted : options_.templates) {
      if (auto chosen = chosen_tool(tools, options_.image, wanted); !chosen) return fail(chosen.error());
    }
    const std::set<std::string> wanted(options_.templates.begin(), options_.templates.end());
    for (auto& tool : tools) {
      if (!wanted.empty() && !wanted.contains(tool.template_name)) continue;
      TRY(auto looked, look_at(tool, images, *image));
      std::string name = !tool.template_name.empty() ? tool.template_name : tool.name;
      if (name.empty()) name = options_.image;
      tools_.push_back({std::move(name), std::move(tool), std::move(looked), {}});
    }
    if (place->daemon()) {
      engine_ = std::move(place);
    } else if (options_.run.pull == "always") {
      options_.run.pull = "missing";  // it is in the store now
    }
    return {};
  }

  Result<void> take_given() {
    SamplesGiven given;
    for (const auto& text : options_.inputs) {
      TRY(auto one, parse_given("--input", text, '/'));
      given.inputs.push_back(std::move(one));
    }
    for (const auto& text : options_.values) {
      TRY(auto one, parse_given("--set", text, '.'));
      given.values.push_back(std::move(one));
    }
    given.made_up = place_ / "made-up";
    const std::string folder =
        absolute_path(options_.samples.empty() ? kSampleFolder : options_.samples, current_directory());
    if (!options_.samples.empty() && !exists(folder))
      return fail(ErrorKind::NotFound, "--samples: there is no directory " + in_quotes(folder));
    if (exists(folder)) given.folder = folder;
    if (!options_.timeout.empty()) {
      timeout_ = parse_duration(options_.timeout);
      if (!timeout_)
        return fail(ErrorKind::Invalid, "--timeout: " + in_quotes(options_.timeout) + " is no time; write 10m");
    }
    for (auto& [name, tool, looked, sample] : tools_) {
      TRY(sample, sample_of(tool, name, given, options_.image, findings_));
    }
    Names ports;
    Names parameters;
    for (const auto& candidate : tools_) {
      auto& names = ports.emplace_back(candidate.name, std::vector<std::string>()).second;
      for (const auto& port : candidate.tool.inputs) names.push_back(port.name);
      parameters.emplace_back(candidate.name, candidate.tool.parameter_names());
    }
    refuse_unused(given.inputs, "--input: ", "input", ports);
    refuse_unused(given.values, "--set: ", "parameter", parameters);
    return {};
  }

  using Names = std::vector<std::pair<std::string, std::vector<std::string>>>;  // by tool

  void refuse_unused(const std::vector<Given>& all, const std::string& option, const std::string& noun,
                     const Names& known) {
    for (const auto& given : all) {
      if (!given.used) findings_.error(options_.image, {}, option + unknown_given(given, noun, known));
    }
  }

  // A step has this name, which may be any without a slash (plan/links.cc) that a folder can have.
  static std::string step_name(const Candidate& candidate) {
    if (candidate.name.size() > kLongestName) return "tool";
    std::string name = candidate.name;
    std::replace(name.begin(), name.end(), '/', '_');
    return name;
  }

  // Of a tool that can't be tried; the findings are those of its run, and in `all` with its name.
  ToolVerdict refusal(const Candidate& candidate, const Findings& findings, Findings& all) const {
    ToolVerdict verdict;
    verdict.name = candidate.name;
    verdict.problems = candidate.looked.problems;
    verdict.notes = candidate.looked.notes;
    const std::string step = "step " + in_quotes(step_name(candidate));
    for (Finding finding : findings.all()) {
      std::string& message = finding.message;
      // Who speaks of a tool need not say which step of which workflow it is.
      if (message.starts_with(step + ": ")) message.erase(0, step.size() + 2);
      if (message.starts_with(step + " ")) message.replace(0, step.size(), "it");
      if (finding.severity == Severity::Error) verdict.problems.push_back({"start", message});
      message.insert(0, "tool " + in_quotes(candidate.name) + ": ");
      if (finding.file.empty()) finding.file = options_.image;
      all.add(std::move(finding));
    }
    return verdict;
  }

  Workflow workflow(const Candidate& candidate) const {
    Workflow workflow;
    workflow.name = "test";
    workflow.directory = current_directory();
    Step step;
    step.name = step_name(candidate);
    step.image = std::make_shared<const std::string>(options_.image);
    step.params = candidate.sample.params;
    step.inputs = candidate.sample.inputs;
    step.options = std::make_unique<StepOptions>();
    step.options->tool = candidate.tool;
    step.options->timeout = timeout_;
    workflow.steps.push_back(std::move(step));
    return workflow;
  }

  RunRequest request(const Candidate& candidate) const {
    RunRequest request;
    request.workflow = [&](Findings&) { return std::optional(workflow(candidate)); };
    request.store = place_ / "store";
    request.engine = options_.run.engine;
    request.place = engine_;
    request.pull = options_.run.pull_policy();
    request.jobs = 1;
    request.recorded = false;
    return request;
  }

  static std::string text_of(const std::vector<ToolVerdict>& verdicts) {
    const Terminal terminal = Terminal::of(STDOUT_FILENO);
    std::string text;
    for (const auto& verdict : verdicts) {
      text += fmt::format(
          "{}  {}{}\n", verdict.ok() ? terminal.styled(Style::Green, "ok    ") : terminal.styled(Style::Red, "not ok"),
          printable(verdict.name),
          verdict.ran ? "  " + terminal.styled(Style::Dim, human_duration(verdict.seconds)) : "");
      for (const auto& problem : verdict.problems) text += "        " + visible(problem.message) + "\n";
      if (verdict.ok()) continue;
      for (const auto& note : verdict.notes) text += "        note: " + visible(note) + "\n";
      for (const auto& line : verdict.log) {
        text += "        " + terminal.styled(Style::Dim, terminal.unicode ? "│ " : "| ") + visible(line) + "\n";
      }
    }
    return text;
  }

  std::string json_of(const std::vector<ToolVerdict>& verdicts) const {
    nlohmann::ordered_json tools = nlohmann::ordered_json::array();
    bool ok = true;
    for (const auto& verdict : verdicts) {
      ok = ok && verdict.ok();
      nlohmann::ordered_json tool{{"name", verdict.name}, {"ok", verdict.ok()}, {"exit_code", nullptr}};
      if (verdict.exit_code) tool["exit_code"] = *verdict.exit_code;
      tool["seconds"] = verdict.seconds;
      tool["peak_memory"] = verdict.peak_memory;
      tool["problems"] = nlohmann::ordered_json::array();
      for (const auto& problem : verdict.problems) {
        tool["problems"].push_back({{"kind", problem.kind}, {"message", problem.message}});
      }
      tool["notes"] = verdict.notes;
      tool["log"] = verdict.log;
      tools.push_back(std::move(tool));
    }
    const nlohmann::ordered_json out{{"image", options_.image}, {"ok", ok}, {"tools", std::move(tools)}};
    return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }

  TestOptions options_;
  TestPlace place_;
  Findings findings_;
  std::vector<Candidate> tools_;
  std::optional<Seconds> timeout_;
  std::shared_ptr<EnginePlace> engine_;
};

}  // namespace

int run_test(const Args& args) {
  TestOptions options;
  if (const auto code = options.parse(args)) return *code;
  return Test(std::move(options)).run();
}

}  // namespace boxcar
