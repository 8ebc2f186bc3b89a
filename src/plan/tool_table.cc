#include "plan/tool_table.h"

#include "base/text.h"
#include "model/template.h"
#include "plan/fingerprint.h"

namespace boxcar {

namespace {

// "inputs.x", "outputs.x" and "params.x" in a command must name what the tool has.
void check_command(const KnownTool& tool, const Spot& spot) {
  if (tool.resolved->tool->keeps_entrypoint) return;
  for (const auto& word : tool.resolved->tool->command) {
    const auto names = references(word);
    if (!names) {
      spot.error("in the command: " + names.error().message);
      continue;
    }
    for (const std::string_view reference : *names) {
      const auto check = [&](std::string_view prefix, std::string_view what, const auto& index) {
        const auto name = reference.substr(prefix.size());
        if (index.find(name)) return;
        spot.error("the command names '${" + printable(reference) + "}', but the tool has no " + std::string(what) +
                   " " + in_quotes(name) + spot.hints(name, index.names()));
      };
      if (reference.starts_with("inputs.")) {
        check("inputs.", "input", tool.inputs);
      } else if (reference.starts_with("outputs.")) {
        check("outputs.", "output", tool.outputs);
      } else if (reference.starts_with("params.")) {
        check("params.", "parameter", tool.parameters);
      } else {
        spot.error("expected ${inputs.PORT}, ${outputs.PORT} or ${params.NAME} in the command, found '${" +
                   printable(reference) + "}' (write $${ for the text ${)");
      }
    }
  }
}

void refuse_streams(const Tool& tool, const Spot& spot) {
  for (const auto* ports : {&tool.inputs, &tool.outputs}) {
    for (const auto& port : *ports) {
      if (port.kind != PortKind::Stream) continue;
      spot.error("port " + in_quotes(port.name) + " is a stream, which is not supported by this version");
    }
  }
}

}  // namespace

const KnownTool* ToolTable::find(const Step& step, const Spot& spot) {
  const auto& options = step.settings();
  std::string key = step.image ? *step.image : "";
  if (!options.template_name.empty()) (key += '\n') += options.template_name;
  if (options.tool) (key += "\n\n") += fingerprint(*options.tool);
  if (options.login) (key += "\n\n\n") += fingerprint(*options.login);
  const auto known = tools_.find(key);
  if (known != tools_.end()) return known->second.get();
  return tools_.emplace(std::move(key), resolve(step, spot)).first->second.get();
}

std::unique_ptr<KnownTool> ToolTable::resolve(const Step& step, const Spot& spot) {
  const auto& options = step.settings();
  const Spot place = spot.moved(step.image_at);
  if (!step.image || step.image->empty()) {
    place.error("there is no image, which every step needs");
    return nullptr;
  }
  auto resolved = context_.resolve(*step.image, options);
  if (!resolved) {
    const auto kind = resolved.error().kind;
    if (kind != ErrorKind::Cancelled) place.error(resolved.error().text());
    if (kind != ErrorKind::NotFound && kind != ErrorKind::Invalid && !trouble_) trouble_ = std::move(resolved).error();
    return nullptr;
  }
  if (*resolved == nullptr) return nullptr;
  auto tool = std::make_unique<KnownTool>(std::move(*resolved));
  check_command(*tool, place);
  refuse_streams(*tool->resolved->tool, place);
  return tool;
}

}  // namespace boxcar
