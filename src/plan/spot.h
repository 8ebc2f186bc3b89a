// What the parts of the planner say findings with. Internal to the planner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "model/workflow.h"

namespace boxcar {

// Of one planning. Compares misspelled names with those there are, until that has been done so often that it would take
// longer than people wait: a document of 100,000 steps may be wrong in each of them.
class Hints {
 public:
  // " (did you mean 'x'?)", or what there is where that is little, or "".
  std::string operator()(std::string_view name, const std::vector<std::string>& candidates);
  bool exhausted() const;  // spares gathering the candidates

 private:
  std::size_t compared_ = 0;
};

// A place in the workflow, or in the call, of which something can be said. Cheap to copy; what it views outlives it.
struct Spot {
  enum class Subject { Workflow, Step, Setting };

  Findings& findings;
  Hints& hints;
  std::string_view file;  // "": a workflow built in code
  Position at = {};
  Subject subject = Subject::Workflow;
  std::string_view name = {};  // of the step or setting; messages begin with it, as many a workflow has no lines

  void error(std::string_view message) const;
  void warn(std::string_view message) const;
  Spot moved(Position place) const { return {findings, hints, file, place, subject, name}; }
  Spot step(std::string_view step, Position place) const { return {findings, hints, file, place, Subject::Step, step}; }
  Spot setting(const Setting& setting) const {
    return {findings, hints, setting.file, setting.at, Subject::Setting, setting.name};
  }

 private:
  std::string said(std::string_view message) const;
};

// What takes a file or a directory: "port 'x'".
struct Taker {
  std::string_view noun;
  std::string_view name;
  PortKind kind = PortKind::Directory;

  std::string text() const;
  std::string takes() const { return text() + " takes a " + std::string(name_of(kind)); }
};

}  // namespace boxcar
