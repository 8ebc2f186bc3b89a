// What the tests of this folder build their workflows from.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "plan/make_action.h"
#include "plan/planner.h"

namespace boxcar::test {

inline Parameter parameter(std::string name, Type type, std::optional<Value> initial = {}, bool required = false) {
  Parameter out;
  out.name = std::move(name);
  out.type = type;
  out.initial = std::move(initial);
  out.required = required;
  return out;
}

inline Port port(std::string name, PortKind kind, std::string path, bool optional = false) {
  Port out;
  out.name = std::move(name);
  out.kind = kind;
  out.path = std::move(path);
  out.optional = optional;
  return out;
}

// As a kliko.yml with `io: split` declares it.
inline Tool split_tool(std::vector<Parameter> parameters = {}) {
  Tool tool;
  tool.format = "kliko";
  tool.mode = "split";
  tool.parameters = std::move(parameters);
  tool.inputs = {port("input", PortKind::Directory, "/input", true)};
  tool.outputs = {port("output", PortKind::Directory, "/output")};
  tool.command = {"/kliko"};
  tool.parameters_path = "/parameters.json";
  tool.param_files_dir = "/param_files";
  return tool;
}

inline std::shared_ptr<const Image> image(const std::string& name) {
  auto out = std::make_shared<Image>();
  out->reference = name;
  out->architecture = "amd64";
  out->layers = {sha256(name)};
  out->identity = image_identity(*out);
  out->env = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  out->cmd = {"/run"};
  return out;
}

// A workflow built line by line; the Nth thing added stands at line N, column 1.
class Builder {
 public:
  Builder() {
    workflow.name = "test";
    workflow.file = "flow.yml";
    workflow.directory = "/flow";
  }

  Builder& step(const std::string& name, const std::string& of_image) {
    Step& added = workflow.steps.emplace_back();
    added.name = name;
    added.image = std::make_shared<const std::string>(of_image);
    added.at = added.image_at = next();
    return *this;
  }
  Builder& param(const std::string& name, Value value) {
    workflow.steps.back().params.push_back({name, std::move(value), next()});
    return *this;
  }
  Builder& feed(const std::string& port_name, const std::string& source) {
    auto parsed = parse_source(source);
    EXPECT_TRUE(parsed) << source;
    return feed(port_name, *parsed);
  }
  Builder& feed(const std::string& port_name, Source source) {
    workflow.steps.back().inputs.push_back({port_name, std::move(source), next()});
    return *this;
  }
  StepOptions& options() {
    auto& own = workflow.steps.back().options;
    if (!own) own = std::make_unique<StepOptions>();
    return *own;
  }
  Builder& after(const std::string& name) {
    options().after.emplace_back(name, next());
    return *this;
  }
  Builder& input(Parameter declared, bool directory = false) {
    declared.at = next();
    workflow.inputs.push_back({std::move(declared), directory});
    return *this;
  }
  Builder& output(const std::string& name, const Link& from, const std::string& to) {
    workflow.outputs.push_back({name, from, to, next()});
    return *this;
  }

  Workflow workflow;

 private:
  Position next() { return {++line_, 1}; }
  std::uint32_t line_ = 0;
};

// A machine with images and files, and what came of planning on it.
class World {
 public:
  std::map<std::string, Tool> tools;
  std::map<std::string, HostEntry> files;  // by absolute path
  Settings settings;
  Findings findings;
  std::optional<Error> fatal;
  int resolved = 0;
  int looked_at = 0;

  std::optional<Plan> plan(Builder& builder) {
    PlannerContext context;
    context.resolve = [this](const std::string& name, const StepOptions& step) {
      return resolve(name, step.tool ? &*step.tool : nullptr);
    };
    context.host_entry = [this](const std::string& path) -> Result<HostEntry> {
      ++looked_at;
      const auto found = files.find(path);
      if (found == files.end()) return fail(ErrorKind::NotFound, "nothing there");
      return found->second;
    };
    context.current_directory = "/caller";
    context.home = "/home/me";
    return make_plan(std::move(builder.workflow), settings, context, findings, fatal);
  }

  // Each as text, in the order in which they are told.
  std::vector<std::string> findings_of(Builder& builder) {
    EXPECT_FALSE(plan(builder));
    EXPECT_FALSE(fatal);
    std::vector<std::string> texts;
    for (const auto& finding : findings.all()) texts.push_back(finding.text());
    return texts;
  }

  Plan good_plan(Builder& builder) {
    auto made = plan(builder);
    for (const auto& finding : findings.all()) ADD_FAILURE() << finding.text();
    return made ? std::move(*made) : Plan();
  }

 private:
  Result<std::shared_ptr<const ResolvedTool>> resolve(const std::string& name, const Tool* declared) {
    ++resolved;
    auto out = std::make_shared<ResolvedTool>();
    out->image = image(name);
    const auto found = tools.find(name);
    if (declared) {
      out->tool = std::make_shared<const Tool>(*declared);
    } else if (found != tools.end()) {
      out->tool = std::make_shared<const Tool>(found->second);
    } else {
      return fail(ErrorKind::NotFound, "no image " + name);
    }
    return out;
  }
};

}  // namespace boxcar::test
