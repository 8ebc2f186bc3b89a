// The tools of a workflow's steps: each image, template, inline tool and login asked for once. Internal to the planner.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "plan/names.h"
#include "plan/planner.h"
#include "plan/spot.h"

namespace boxcar {

struct KnownTool {
  explicit KnownTool(std::shared_ptr<const ResolvedTool> tool)
      : resolved(std::move(tool)),
        parameters(resolved->tool->parameters),
        inputs(resolved->tool->inputs),
        outputs(resolved->tool->outputs) {}

  std::shared_ptr<const ResolvedTool> resolved;
  NameIndex<Parameter> parameters;
  NameIndex<Port> inputs;
  NameIndex<Port> outputs;
};

class ToolTable {
 public:
  explicit ToolTable(const PlannerContext& context) : context_(context) {}

  // Null when there is none; the first step that asked for it had a finding. What it gives lives as long as the table.
  const KnownTool* find(const Step& step, const Spot& spot);
  // The first error that says nothing about the document: a registry or a disk could not be used.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  std::unique_ptr<KnownTool> resolve(const Step& step, const Spot& spot);

  const PlannerContext& context_;
  std::unordered_map<std::string, std::unique_ptr<KnownTool>> tools_;  // by what distinguishes them
  std::optional<Error> trouble_;
};

}  // namespace boxcar
