// The inputs of a workflow with the values they have in this run, and the texts that refer to them. Internal to the
// planner.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/workflow.h"
#include "plan/host_paths.h"
#include "plan/spot.h"

namespace boxcar {

// What the caller gave under one name: the texts of a list's items; of anything else the last counts.
struct GivenTexts {
  const Setting* setting = nullptr;  // the last
  std::vector<std::string> texts;    // of all, each item of a list by itself

  void add(const Setting& one);
  Result<Value> value_for(const Parameter& parameter) const;
};

class WorkflowValues {
 public:
  using Given = std::unordered_map<std::string_view, GivenTexts>;  // by name

  // `inputs` outlive it.
  WorkflowValues(const std::vector<WorkflowInput>& inputs, const Given& given, HostPaths& hosts, const Spot& spot);
  WorkflowValues(const WorkflowValues&) = delete;
  WorkflowValues& operator=(const WorkflowValues&) = delete;

  struct Entry {
    const WorkflowInput* input = nullptr;
    Value value;          // of a file or directory its absolute path
    bool broken = false;  // something was said of it already; say nothing more where it is used

    bool is_path() const { return input->directory || input->parameter.type.scalar == Scalar::File; }
  };
  // Null, and a finding, when there is none of that name.
  const Entry* find(std::string_view name, const Spot& spot) const;

  enum class Paths { Refused, Allowed };  // whether a reference to a path of the host has a meaning here
  // The text with every reference replaced; none when something was, or had been, said about one of them.
  std::optional<std::string> expand(const std::string& text, Paths paths, const Spot& spot) const;
  // The same for a value: what is nothing but one reference becomes the input's value with its type.
  std::optional<Value> expand(Value value, Paths paths, const Spot& spot) const;

 private:
  const Entry* referenced(std::string_view reference, Paths paths, const Spot& spot) const;

  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, const Entry*> by_name_;
};

}  // namespace boxcar
