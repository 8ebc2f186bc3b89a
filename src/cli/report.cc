#include "cli/report.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/clock.h"
#include "base/directory.h"
#include "base/fd.h"
#include "base/text.h"
#include "run/log_reader.h"
#include "store/layout.h"

namespace boxcar {
namespace {

constexpr std::size_t kLogLines = 10;    // of a failed step
constexpr std::size_t kMostFailed = 10;  // steps told of
constexpr std::size_t kSinkBuffer = 64 << 10;

// As a relative path where it is below `directory`.
std::string shown_path(const std::string& path, const std::string& directory) {
  const bool below = path.size() > directory.size() + 1 && path.starts_with(directory) &&
                     path[directory.size()] == '/' && directory.size() > 1;
  return visible(below ? path.substr(directory.size() + 1) : path);
}

class Summary {
 public:
  Summary(const RunReport& report, const Terminal& terminal, const std::string& directory)
      : report_(report), terminal_(terminal), directory_(directory) {}

  std::string text() {
    for (const StepState& step : report_.steps) ++counts_[static_cast<std::size_t>(step.status)];
    failures();
    outcome();
    results();
    return std::move(text_);
  }

 private:
  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Values>(values)...);
  }

  std::size_t count(StepStatus status) const { return counts_[static_cast<std::size_t>(status)]; }

  void failures() {
    std::size_t told = 0;
    for (StepIndex step = 0; step < report_.steps.size(); ++step) {
      const StepState& state = report_.steps[step];
      if (state.status != StepStatus::Failed || ++told > kMostFailed) continue;
      const std::string& name = report_.plan.steps[step].name;
      add("\n{}\n", terminal_.styled(Style::Red, fmt::format("step {} failed: {}", name, visible(state.message))));
      const std::string log = join_path(attempt_directory(report_.store, report_.run, name, state.attempts), kLogFile);
      const auto entries = last_entries(log, kLogLines);
      for (const LogEntry& entry : entries) {
        add("  {} {}\n", terminal_.styled(Style::Dim, terminal_.unicode ? "│" : "|"), visible(entry.line, 400));
      }
      if (entries.size() == kLogLines) add("  all of its log: boxcar logs {}/{}\n", report_.run, name);
    }
    if (told > kMostFailed) add("\nand {} more failed: boxcar status {}\n", told - kMostFailed, report_.run);
    for (const auto& lost : report_.lost) add("\n{}\n", terminal_.styled(Style::Red, visible(lost)));
    if (report_.trouble && !said(report_.trouble->text())) {
      add("\n{}\n", terminal_.styled(Style::Red, visible(report_.trouble->text())));
    }
    if (!text_.empty()) text_ += '\n';
  }

  // With the outputs, or with the step that it failed.
  bool said(const std::string& trouble) const {
    return !report_.lost.empty() || std::any_of(report_.steps.begin(), report_.steps.end(), [&](const StepState& step) {
      return step.status == StepStatus::Failed && step.message == trouble;
    });
  }

  // "2 succeeded, 1 failed, 1 skipped"; what the word before says already is not said again.
  std::string counts() const {
    const std::size_t all = report_.steps.size() - count(StepStatus::Waiting);
    const std::string_view run = name_of(report_.status);
    std::string text;
    for (const StepStatus status :
         {StepStatus::Succeeded, StepStatus::Cached, StepStatus::Failed, StepStatus::Cancelled, StepStatus::Skipped}) {
      if (count(status) == 0) continue;
      if (count(status) == all && name_of(status) == run) return fmt::format("{} step{}", all, all == 1 ? "" : "s");
      const bool ran = status == StepStatus::Succeeded && report_.status == RunStatus::Succeeded;
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count(status), ran ? "ran" : name_of(status));
    }
    return text.empty() ? "nothing to do" : text;
  }

  void outcome() {
    const Style style = report_.status == RunStatus::Succeeded ? Style::Green
                        : report_.status == RunStatus::Failed  ? Style::Red
                                                               : Style::Yellow;
    add("{}{}: {} in {} (run {})\n", terminal_.styled(style, name_of(report_.status)),
        report_.lost.empty() ? "" : " (outputs could not be copied)", counts(), human_duration(report_.seconds),
        report_.run);
  }

  // The workflow's outputs; where it names none, the results that no other step reads.
  void results() {
    const Plan& plan = report_.plan;
    std::vector<OutputRecord> places = report_.outputs;
    for (StepIndex step = 0; plan.outputs.empty() && step < report_.steps.size(); ++step) {
      const std::string result = report_.result_of(step);
      if (result.empty() || !plan.last(step)) continue;
      places.push_back({plan.steps[step].name, places.size() < kMostPlaces ? shown_result(result) : result});
    }
    text_ += places_text(std::move(places), report_.store, directory_);
  }

  const RunReport& report_;
  const Terminal& terminal_;
  const std::string& directory_;
  std::size_t counts_[7] = {};
  std::string text_;
};

void append_json(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    out += json_quote(text);
  }
}

void append_json(std::string& out, const Resources& resources) {
  const char* separator = "{";
  const auto add = [&](std::string_view key, const auto& amount) {
    if (!amount) return;
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", separator, key, *amount);
    separator = ",";
  };
  add("cpu", resources.cpu);
  add("memory", resources.memory);
  add("gpus", resources.gpus);
  out += *separator == '{' ? "{}" : "}";
}

}  // namespace

std::string shown_result(const std::string& result) {
  std::vector<std::string> ports;
  for (const auto& name : names_in(result)) {
    struct stat info {};
    std::string path = join_path(result, name);
    if (::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) ports.push_back(std::move(path));
  }
  return ports.size() == 1 ? ports[0] : result;
}

std::string places_text(std::vector<OutputRecord> places, const std::string& store, const std::string& directory) {
  std::erase_if(places, [](const OutputRecord& place) { return place.path.empty(); });
  std::size_t width = 0;
  const std::size_t shown = std::min(places.size(), kMostPlaces);
  for (std::size_t i = 0; i < shown; ++i) width = std::max(width, width_of(places[i].name));
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string padding(width - width_of(places[i].name), ' ');
    text += fmt::format("  {}{}  {}\n", visible(places[i].name), padding, shown_path(places[i].path, directory));
  }
  if (places.size() > shown)
    text += fmt::format("  and {} more in {}\n", places.size() - shown, shown_path(store, directory));
  return text;
}

std::string text_report(const RunReport& report, const Terminal& terminal, const std::string& directory) {
  return Summary(report, terminal, directory).text();
}

void print_report(const RunReport& report) {
  (void)write_all(2, text_report(report, Terminal::of(2), current_directory()));
}

JsonReport::JsonReport(Sink sink, std::string_view run, std::string_view status, double seconds,
                       std::string_view problem)
    : sink_(std::move(sink)) {
  buffer_ = R"({"run":)";
  append_json(buffer_, run);
  fmt::format_to(std::back_inserter(buffer_), R"(,"status":"{}","seconds":{:.6g})", status, seconds);
  if (!problem.empty()) buffer_ += R"(,"problem":)" + json_quote(problem);
  buffer_ += R"(,"steps":{)";
}

void JsonReport::step(const StepRecord& step, std::string_view result) {
  if (!first_) buffer_ += ',';
  first_ = false;
  buffer_ += json_quote(step.name);
  buffer_ += R"(:{"status":")";
  buffer_ += name_of(step.status);
  buffer_ += R"(","exit_code":)";
  buffer_ += step.exit_code ? std::to_string(*step.exit_code) : "null";
  buffer_ += R"(,"key":)";
  append_json(buffer_, step.key.is_zero() ? "" : step.key.hex());
  buffer_ += R"(,"image":)";
  append_json(buffer_, step.image_name);
  buffer_ += R"(,"result":)";
  append_json(buffer_, result);
  fmt::format_to(std::back_inserter(buffer_), R"(,"seconds":{:.6g},"peak_memory":{},"resources":)", step.seconds,
                 step.peak_memory == 0 ? "null" : std::to_string(step.peak_memory));
  if (step.needs == Needs()) {
    buffer_ += "null";
  } else {
    buffer_ += R"({"requests":)";
    append_json(buffer_, step.needs.requests);
    buffer_ += R"(,"limits":)";
    append_json(buffer_, step.needs.limits);
    buffer_ += '}';
  }
  fmt::format_to(std::back_inserter(buffer_), R"(,"attempts":{},"failure":)", step.attempts);
  append_json(buffer_, name_of(step.failure));
  buffer_ += R"(,"message":)";
  append_json(buffer_, step.message);
  buffer_ += '}';
  if (buffer_.size() < kSinkBuffer) return;
  sink_(buffer_);
  buffer_.clear();
}

void JsonReport::end(const std::vector<OutputRecord>& outputs) {
  buffer_ += R"(},"outputs":{)";
  for (const OutputRecord& output : outputs) {
    if (buffer_.back() != '{') buffer_ += ',';
    buffer_ += json_quote(output.name) + ':';
    append_json(buffer_, output.path);
  }
  buffer_ += "}}";
  sink_(buffer_);
  buffer_.clear();
}

void write_json_report(const RunReport& report, const JsonReport::Sink& sink) {
  JsonReport json(sink, report.run, name_of(report.status), report.seconds, join(report.lost, "; "));
  StepRecord record;
  for (StepIndex step = 0; step < report.steps.size(); ++step) {
    if (!report.wanted.empty() && !report.wanted[step]) continue;
    const StepState& state = report.steps[step];
    const PlannedStep& planned = report.plan.steps[step];
    record.name = planned.name;
    record.status = state.status;
    record.exit_code = state.exit_code;
    record.key = state.key;
    record.image_name = planned.tool->image->reference;
    record.seconds = state.seconds;
    record.peak_memory = state.peak_memory;
    record.needs = state.needs;
    record.attempts = state.attempts;
    record.failure = state.failure;
    record.message = state.message;
    json.step(record, report.result_of(step));
  }
  json.end(report.outputs);
}

void print_json_report(const RunReport& report) {
  write_json_report(report, print);
  print("\n");
}

std::string json_report(const RunReport& report) {
  std::string json;
  write_json_report(report, [&](std::string_view piece) { json += piece; });
  return json;
}

std::string json_findings(const Findings& findings) {
  std::string json = R"({"findings":[)";
  for (const Finding& finding : findings.all()) {
    if (json.back() != '[') json += ',';
    json += R"({"file":)";
    append_json(json, finding.file);
    const auto place = [](std::uint32_t number) { return number == 0 ? "null" : std::to_string(number); };
    json += R"(,"line":)" + place(finding.at.line) + R"(,"column":)" + place(finding.at.column) + R"(,"message":)";
    json += json_quote((finding.severity == Severity::Warning ? "warning: " : "") + finding.message) + "}";
  }
  return json + "]}";
}

}  // namespace boxcar
