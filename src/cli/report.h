// What is said when a run is over: a summary for people, a JSON document for programs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "cli/terminal.h"
#include "record/run_store.h"
#include "run/session.h"

namespace boxcar {

// How many steps came to what, how long it took, where the results are (below `directory`, the current one, as relative
// paths), and of failed steps why, the end of their log, and how to see all of it.
std::string text_report(const RunReport& report, const Terminal& terminal, const std::string& directory);
void print_report(const RunReport& report);  // on stderr

// Of the one output of a result what lies there is meant, not the folder with the manifest above it.
std::string shown_result(const std::string& result);
// Where the outputs lie, a line each; of many only the first, and that there are more.
inline constexpr std::size_t kMostPlaces = 10;
std::string places_text(std::vector<OutputRecord> places, const std::string& store, const std::string& directory);

// The document of --json (docs/json.md), written piece by piece: with 100,000 steps it is 30 MB.
class JsonReport {
 public:
  using Sink = std::function<void(std::string_view)>;

  // `problem`: why it failed though no step did; "": null
  JsonReport(Sink sink, std::string_view run, std::string_view status, double seconds, std::string_view problem);
  void step(const StepRecord& step, std::string_view result);  // in the order of the workflow; `result` "": null
  void end(const std::vector<OutputRecord>& outputs);

 private:
  Sink sink_;
  std::string buffer_;
  bool first_ = true;
};

// Steps that were not wanted (--target) are left out.
void write_json_report(const RunReport& report, const JsonReport::Sink& sink);
void print_json_report(const RunReport& report);  // on stdout, a line
std::string json_report(const RunReport& report);
// {findings: [{file, line, column, message}]}, null where there is no place.
std::string json_findings(const Findings& findings);

}  // namespace boxcar
