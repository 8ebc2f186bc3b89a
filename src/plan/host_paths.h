// Paths of the host that a workflow names. Internal to the planner.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "plan/planner.h"
#include "plan/spot.h"

namespace boxcar {

class HostPaths {
 public:
  HostPaths(const PlannerContext& context, std::string_view workflow_directory)
      : context_(context),
        directory_(workflow_directory),
        caller_directory_(context.current_directory.empty() ? workflow_directory : context.current_directory) {}

  enum class Origin { Workflow, Caller };  // who wrote it: what relative paths count from

  // "~/" is the caller's home.
  std::string absolute(std::string_view text, Origin origin = Origin::Workflow) const;
  // The absolute path, when what lies there is what `taker` takes, and can be read; else none, and a finding, with the
  // hint where nothing lies there.
  std::optional<std::string> find(std::string_view text, Origin origin, const Taker& taker, const Spot& spot,
                                  std::string_view hint = {});
  // Of a path for who takes something of a kind that is not known: whether anything lies there.
  void look(std::string_view text, std::string_view taker, const Spot& spot);
  // As PlannerContext has it.
  const Result<HostEntry>& entry_at(const std::string& path);

 private:
  // Of what is right in the workflow, and not on this host.
  void say_of_host(const std::string& message, const Spot& spot) const;

  const PlannerContext& context_;
  const std::string_view directory_;
  const std::string_view caller_directory_;
  std::unordered_map<std::string, Result<HostEntry>> entries_;  // each path is looked at once
};

}  // namespace boxcar
