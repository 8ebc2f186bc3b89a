#include "plan/planner.h"

#include <unordered_map>
#include <unordered_set>

#include "base/fd.h"
#include "base/text.h"
#include "plan/step_planner.h"

namespace boxcar {

namespace {

// What an output must not be copied over: the workflow, and what steps read; but for that of a step which works on one
// of its inputs, since that may be meant to be done in place.
class Sources {
 public:
  explicit Sources(const Plan& plan) : plan_(plan) {
    if (!plan.file.empty()) file_ = join_path(plan.directory, std::string(base_name(plan.file)));
    for (const auto& step : plan.steps) {
      for (const auto& input : step.inputs) {
        if (input.step == PlannedInput::kHost) readers_.emplace(input.path, step.name);
      }
    }
  }

  void check(const PlannedOutput& output, const Spot& spot) const {
    const auto say = [&](const std::string& what) {
      spot.error("output " + in_quotes(output.name) + " is copied to " + in_quotes(output.to) + ", which is " + what);
    };
    if (output.to == file_) return say("the workflow itself");
    const auto reader = readers_.find(output.to);
    if (reader != readers_.end() && !in_place(output)) say("what step " + in_quotes(reader->second) + " reads");
    for (auto slash = output.to.rfind('/'); slash != 0 && slash != std::string::npos;
         slash = output.to.rfind('/', slash - 1)) {
      const auto around = readers_.find(std::string_view(output.to).substr(0, slash));
      if (around == readers_.end()) continue;
      spot.warn("output " + in_quotes(output.name) + " is copied to " + in_quotes(output.to) + ", which lies within " +
                in_quotes(around->first) + ": step " + in_quotes(around->second) +
                " reads that, and so what a run before left there");
      return;
    }
  }

 private:
  bool in_place(const PlannedOutput& output) const {
    const PlannedStep& step = plan_.steps[output.step];
    return !step.tool || output.output >= step.tool->tool->outputs.size() || fills_what_it_reads(step, output);
  }

  const Plan& plan_;
  std::string file_;
  std::unordered_map<std::string_view, std::string_view> readers_;  // of host paths, to the first step
};

// Where outputs are copied to: no two to one path, or one into the other.
class Destinations {
 public:
  void add(const PlannedOutput& output, const Spot& spot) {
    const auto say = [&](const char* how, const auto& other) {
      spot.error("output " + in_quotes(output.name) + " is copied to " + in_quotes(output.to) + ", which lies " + how +
                 in_quotes(other.first) + " of output " + in_quotes(other.second));
    };
    const auto [same, fresh] = by_path_.emplace(output.to, output.name);
    if (!fresh) {
      spot.error("outputs " + in_quotes(same->second) + " and " + in_quotes(output.name) + " are both copied to " +
                 in_quotes(output.to));
      return;
    }
    for (auto slash = output.to.rfind('/'); slash != 0 && slash != std::string::npos;
         slash = output.to.rfind('/', slash - 1)) {
      const auto outer = by_path_.find(output.to.substr(0, slash));
      if (outer != by_path_.end()) return say("within ", *outer);
    }
    const auto inner = by_path_.lower_bound(output.to + "/");
    if (inner != by_path_.end() && inner->first.starts_with(output.to + "/")) say("around ", *inner);
  }

 private:
  std::map<std::string, std::string> by_path_;  // to the name of the output
};

class Planner {
 public:
  Planner(Workflow& workflow, const PlannerContext& context, Findings& findings)
      : workflow_(workflow),
        context_(context),
        spot_{findings, hints_, workflow.file},
        hosts_(context, workflow.directory) {}

  Plan plan(const Settings& settings) {
    Plan plan;
    plan.name = workflow_.name;
    plan.file = workflow_.file;
    plan.directory = workflow_.directory;
    plan.memory_key = workflow_.memory_key;
    plan.steps.resize(workflow_.steps.size());
    places_.reserve(plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      plan.steps[i].name = std::move(workflow_.steps[i].name);
      places_.push_back(workflow_.steps[i].at);
    }
    Links links(plan.steps, places_, spot_);
    for (StepIndex i = 0; i < plan.steps.size(); ++i) {
      links.tools[i] = tools_.find(workflow_.steps[i], spot_of(plan, i));
    }
    sort_settings(settings, links);
    const WorkflowValues values(workflow_.inputs, given_, hosts_, spot_);
    plan_steps(plan, links, values);
    plan_outputs(plan, links, values);
    if (workflow_.all_outputs) look_for_outputs_left(plan);
    check_direct(plan);
    plan.connect(std::move(after_));
    say_cycles(plan);
    return plan;
  }

  const std::optional<Error>& trouble() const { return tools_.trouble(); }

 private:
  Spot spot_of(const Plan& plan, StepIndex index) const { return spot_.step(plan.steps[index].name, places_[index]); }

  // NAME=VALUE or STEP.NAME=VALUE. Steps may have dots in their names: any that leaves a known step before it counts.
  void sort_settings(const Settings& settings, const Links& links) {
    for (const auto& setting : settings) {
      const std::string& name = setting.name;
      if (is_workflow_input(name)) {
        given_[name].add(setting);
      } else if (const auto step = step_of(name, links)) {
        auto& all = overrides_[step->first];
        const auto known =
            std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.given.setting->name == name; });
        auto& each = known == all.end() ? all.emplace_back() : *known;
        each.parameter = step->second;
        each.given.add(setting);
      } else if (const auto dot = name.find('.'); dot != std::string::npos) {
        links.find(std::string_view(name).substr(0, dot), spot_.setting(setting));
      } else {
        say_unknown_input(setting);
      }
    }
  }

  bool is_workflow_input(std::string_view name) const {
    return std::any_of(workflow_.inputs.begin(), workflow_.inputs.end(),
                       [&](const auto& input) { return input.parameter.name == name; });
  }

  static std::optional<std::pair<StepIndex, std::string_view>> step_of(std::string_view name, const Links& links) {
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      if (const auto step = links.look_up(name.substr(0, dot))) return std::pair(*step, name.substr(dot + 1));
    }
    return std::nullopt;
  }

  void say_unknown_input(const Setting& setting) {
    std::vector<std::string> names;
    for (const auto& input : workflow_.inputs) names.push_back(input.parameter.name);
    spot_.setting(setting).error("there is no workflow input " + in_quotes(setting.name) + hints_(setting.name, names));
  }

  void plan_steps(Plan& plan, const Links& links, const WorkflowValues& values) {
    StepPlanner planner(links, values, hosts_);
    const std::vector<Override> none;
    for (StepIndex i = 0; i < plan.steps.size(); ++i) {
      const auto overrides = overrides_.find(i);
      planner.plan(i, workflow_.steps[i], overrides == overrides_.end() ? none : overrides->second, plan.steps[i],
                   after_, spot_of(plan, i));
    }
  }

  void look_for_outputs_left(const Plan& plan) {
    for (StepIndex step = 0; step < plan.steps.size(); ++step) {
      if (!plan.steps[step].tool) continue;
      const auto& ports = plan.steps[step].tool->tool->outputs;
      for (std::uint32_t port = 0; port < ports.size(); ++port) {
        const bool taken = std::any_of(plan.outputs.begin(), plan.outputs.end(), [&](const PlannedOutput& output) {
          return output.step == step && output.output == port;
        });
        if (!taken)
          spot_of(plan, step).error("output channel " + in_quotes(ports[port].name) + " has no volume to be put in");
      }
    }
  }

  void plan_outputs(Plan& plan, const Links& links, const WorkflowValues& values) {
    Destinations destinations;
    if (workflow_.outputs.empty()) return;
    const Sources sources(plan);
    std::unordered_set<std::string_view> names;
    plan.outputs.reserve(workflow_.outputs.size());
    for (auto& output : workflow_.outputs) {
      const Spot place = spot_.moved(output.at);
      if (!names.insert(output.name).second) {
        place.error("there are two outputs with the name " + in_quotes(output.name));
      }
      const auto end = links.follow(output.from, place);
      const auto to = values.expand(output.to, WorkflowValues::Paths::Allowed, place);
      plan.outputs.push_back({output.name, end ? end->step : 0, end && end->output ? *end->output : 0,
                              std::move(output.from.path), to && !to->empty() ? hosts_.absolute(*to) : "", output.at});
      if (plan.outputs.back().to.empty()) continue;
      destinations.add(plan.outputs.back(), place);
      sources.check(plan.outputs.back(), place);
      check_destination(plan, plan.outputs.back(), place);
    }
  }

  // What lies at the place that an output is copied to, or above it, must leave room for it.
  void check_destination(const Plan& plan, const PlannedOutput& output, const Spot& spot) {
    if (output.step >= plan.steps.size()) return;
    const auto& tool = plan.steps[output.step].tool;
    const bool directory = tool && output.path.empty() && output.output < tool->tool->outputs.size() &&
                           tool->tool->outputs[output.output].kind == PortKind::Directory;
    const std::string copied = "output " + in_quotes(output.name) + " is copied to " + in_quotes(output.to);
    const auto wrong = [&](const std::string& why) { spot.error(copied + why); };
    if (output.to == "/") return wrong("; give it a directory of its own");
    std::string path = output.to;
    for (bool itself = true;; path = std::string(directory_name(path)), itself = false) {
      const auto& entry = hosts_.entry_at(path);
      if (!entry && entry.error().kind == ErrorKind::NotFound) {
        if (path == "/") return;
        continue;
      }
      if (!entry && entry.error().kind != ErrorKind::Invalid) return wrong(": " + entry.error().text());
      if (entry && entry->kind == PortKind::Directory) {
        // Of what is written in place, the container's user decides.
        if (!entry->unwritable.empty() && plan.direct_target(output.step, output.output) == nullptr) {
          const std::string why = ", but " + in_quotes(path) + " can't be written in: " + entry->unwritable;
          // What is there already may be what would be copied.
          const bool warned = itself || context_.outputs_may_be_left || context_.inputs_may_be_missing;
          warned ? spot.warn(copied + why) : wrong(why);
        }
        return;
      }
      if (!itself || directory) {
        return wrong(itself ? ", which is no directory" : ", but " + path + " is no directory");
      }
    }
  }

  // `direct` binds the directory that an output goes to: there must be one, and no step may read what is written there.
  void check_direct(const Plan& plan) {
    const auto is_direct = [&](StepIndex step) {
      const auto& options = plan.steps[step].options;
      return options && options->cache.direct && !options->cache.enabled;
    };
    std::vector<bool> bound(plan.steps.size());
    for (const auto& output : plan.outputs) {
      if (plan.direct_target(output.step, output.output) != nullptr) bound[output.step] = true;
    }
    for (StepIndex i = 0; i < plan.steps.size(); ++i) {
      if (is_direct(i) && !bound[i]) {
        spot_of(plan, i).error("direct: true needs an output of this step, a whole directory, with a `to`");
      }
      for (const auto& input : plan.steps[i].inputs) {
        if (input.step == PlannedInput::kHost || plan.direct_target(input.step, input.output) == nullptr) continue;
        spot_of(plan, i).error("reads an output of step " + in_quotes(plan.steps[input.step].name) +
                               " that is written in place (direct: true), so that it is no result");
      }
    }
  }

  void say_cycles(const Plan& plan) {
    for (const auto& cycle : plan.cycles()) {
      constexpr std::size_t most_named = 20;
      std::string names;
      for (std::size_t i = 0; i < cycle.size() && i < most_named; ++i) names += plan.steps[cycle[i]].name + " → ";
      if (cycle.size() > most_named) names += "… (" + std::to_string(cycle.size() - most_named) + " more) → ";
      names += plan.steps[cycle.front()].name;
      spot_.moved(places_[cycle.front()]).error("these steps wait for each other: " + names);
    }
  }

  Workflow& workflow_;
  const PlannerContext& context_;
  Hints hints_;
  const Spot spot_;
  HostPaths hosts_;
  ToolTable tools_{context_};
  std::vector<Position> places_;  // by step
  WorkflowValues::Given given_;
  std::unordered_map<StepIndex, std::vector<Override>> overrides_;
  std::vector<Edge> after_;
};

}  // namespace

std::optional<Plan> make_plan(Workflow workflow, const Settings& settings, const PlannerContext& context,
                              Findings& findings, std::optional<Error>& trouble) {
  Planner planner(workflow, context, findings);
  Plan plan = planner.plan(settings);
  findings.sort();
  trouble = planner.trouble();
  if (trouble || !findings.ok()) return std::nullopt;
  return plan;
}

}  // namespace boxcar
