#include "plan/links.h"

#include <algorithm>

#include "base/text.h"

namespace boxcar {

namespace {

bool leads_out(std::string_view path) {
  const auto parts = split(path, '/');
  return path.starts_with('/') || std::find(parts.begin(), parts.end(), "..") != parts.end();
}

}  // namespace

Links::Links(const std::vector<PlannedStep>& steps, const std::vector<Position>& places, const Spot& spot)
    : tools(steps.size()), steps_(steps) {
  by_name_.reserve(steps.size());
  for (StepIndex index = 0; index < steps.size(); ++index) {
    const std::string& name = steps[index].name;
    const auto place = spot.moved(places[index]);
    if (name.empty() || name.find('/') != std::string::npos) {
      place.error("a step's name is not empty and holds no \"/\", found " + in_quotes(name));
    } else if (!by_name_.emplace(name, index).second) {
      place.error("there are two steps with the name " + in_quotes(name));
    }
  }
}

std::optional<StepIndex> Links::look_up(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<StepIndex> Links::find(std::string_view name, const Spot& spot) const {
  if (const auto found = look_up(name)) return found;
  std::vector<std::string> names;
  if (!spot.hints.exhausted()) {
    for (const auto& step : steps_) names.push_back(step.name);
  }
  spot.error("there is no step " + in_quotes(name) + spot.hints(name, names));
  return std::nullopt;
}

std::optional<Links::End> Links::follow(const Link& link, const Spot& spot) const {
  const auto step = find(link.step, spot);
  if (!step) return std::nullopt;
  End end{*step, std::nullopt};
  const auto* tool = tools[*step];
  if (!tool) return end;
  end.output = tool->outputs.find(link.port);
  if (!end.output) {
    spot.error("step " + in_quotes(link.step) + " has no output port " + in_quotes(link.port) +
               spot.hints(link.port, tool->outputs.names()));
    return end;
  }
  const auto& port = tool->resolved->tool->outputs[*end.output];
  if (link.path.empty()) return end;
  if (port.kind != PortKind::Directory) {
    spot.error(in_quotes(link.step + "/" + link.port) + " is a " + std::string(name_of(port.kind)) + ": there is no " +
               in_quotes(link.path) + " within it");
    end.output.reset();
  } else if (leads_out(link.path)) {
    spot.error("the path " + in_quotes(link.path) + " leads out of " + in_quotes(link.step + "/" + link.port));
    end.output.reset();
  }
  return end;
}

std::optional<Links::End> Links::follow(const Link& link, const Taker& taker, const Spot& spot) const {
  auto end = follow(link, spot);
  if (!end || !end->output || !link.path.empty()) return end;
  const auto kind = tools[end->step]->resolved->tool->outputs[*end->output].kind;
  if (kind == taker.kind) return end;
  const bool file_wanted = taker.kind == PortKind::File && kind == PortKind::Directory;
  const auto text = text_of(link);
  spot.error(taker.takes() + ", but " + in_quotes(text) + " is a " + std::string(name_of(kind)) +
             (file_wanted ? " (a file within it is " + printable(text) + "/NAME)" : ""));
  end->output.reset();
  return end;
}

}  // namespace boxcar
