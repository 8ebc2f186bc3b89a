// boxcar validate FILE|IMAGE, boxcar inspect FILE|IMAGE, kliko-validate [FILE]
#include <sys/stat.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/interrupt.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/execute.h"
#include "cli/tool_call.h"
#include "plan/planner.h"
#include "run/engine_place.h"
#include "run/preferences.h"
#include "run/tools.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

bool is_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

// Whose images are read. `engine`: what --engine said.
Result<std::unique_ptr<EnginePlace>> place_of_images(const std::string& engine) {
  TRY(const auto name, engine_name(engine));
  return EnginePlace::choose_for_reading(name);
}

// A file is read as it is; anything else is an image of the engine's, whose document is read out of it.
Result<Document> find_document(const std::string& what, const std::string& engine) {
  if (is_file(what)) {
    TRY(auto text, read_file(what));
    return Document{what, std::move(text)};
  }
  if (what.starts_with("/") || what.starts_with("./") || what.starts_with("../") || what.ends_with(".yml") ||
      what.ends_with(".yaml") || what.ends_with(".json")) {
    return fail(ErrorKind::NotFound, what + (exists(what) ? " is a directory" : ": no such file"));
  }
  block_interrupts();
  Pool pool;
  TRY(const auto place, place_of_images(engine));
  Images& images = place->images(pool);
  TRY(const auto image, images.glimpse(what, PullPolicy::Missing, say_progress));
  TRY(auto declaration, declaration_of(images, *image, what));
  return Document{declaration.name, std::move(declaration.text)};
}

std::string_view format_name(Format format) {
  for (const auto& row : formats()) {
    if (row.format == format) return row.description;
  }
  return "unknown";
}

// "a tool as Kliko declares it, schema version 4"
std::string what_it_is(const Document& document, Format format) {
  std::string text(format_name(format));
  if (format != Format::Kliko) return text;
  Findings said;  // by validate_document already
  const auto tool = read_tool(document, said);
  const auto versions = text.find(", schema versions");
  if (!tool || versions == std::string::npos) return text;
  return text.substr(0, versions) + ", schema version " + std::to_string(tool->schema_version);
}

// What the whole graph tells: links, cycles, files, outputs; ports and parameters too of the images that are here.
void check_graph(const Document& document, const std::string& engine, Findings& findings) {
  const std::string directory(directory_name(absolute_path(document.name, current_directory())));
  Findings said;  // by validate_document already
  auto workflow = read_workflow(document, directory, said);
  if (!workflow) return;
  Pool pool;
  const auto place = place_of_images(engine);
  if (!place) findings.warn(document.name, {}, "no image was looked at: " + place.error().text());
  const auto resolve = [&](const std::string& name, const std::string& template_name,
                           const Tool* declared) -> Result<std::shared_ptr<const ResolvedTool>> {
    if (!place) return std::shared_ptr<const ResolvedTool>();
    Images& images = (*place)->images(pool);
    auto image = images.glimpse(name, PullPolicy::Never);
    if (image) return resolved_tool(images, *std::move(image), name, template_name, declared, findings);
    findings.warn(document.name, {},
                  "the image " + name + " is not here, so its ports and parameters were not checked");
    return std::shared_ptr<const ResolvedTool>();
  };
  // A workflow input without a default gets its value later.
  for (auto& input : workflow->inputs) input.parameter.required = false;
  std::optional<Error> trouble;
  make_plan(*std::move(workflow), {}, {resolve, host_kind, current_directory(), home_directory()}, findings, trouble);
}

int validate(const Document& document, const std::string& engine, bool json) {
  Findings findings;
  const Format format = validate_document(document, findings);
  if (format == Format::Workflow && findings.ok()) check_graph(document, engine, findings);
  if (!findings.ok() || json) return say(findings, json);
  say(findings);  // warnings
  std::printf("%s: valid (%s)\n", document.name.c_str(), what_it_is(document, format).c_str());
  return 0;
}

nlohmann::ordered_json json_of(const Tool& tool) {
  nlohmann::ordered_json out;
  out["format"] = tool.format;
  out["schema_version"] = tool.schema_version;
  out["name"] = tool.name;
  out["description"] = tool.description;
  out["author"] = tool.author;
  out["email"] = tool.email;
  out["url"] = tool.url;
  out["container"] = tool.container;
  out["mode"] = tool.mode;
  out["command"] = tool.command;
  out["sections"] = nlohmann::ordered_json::array();
  for (const auto& section : tool.sections) {
    out["sections"].push_back({{"name", section.name}, {"description", section.description}});
  }
  out["parameters"] = nlohmann::ordered_json::array();
  for (const auto& parameter : tool.parameters) {
    nlohmann::ordered_json p;
    p["name"] = parameter.name;
    p["type"] = parameter.type.name();
    p["required"] = parameter.required;
    if (parameter.initial) p["initial"] = nlohmann::ordered_json::parse(parameter.initial->json(), nullptr, false);
    if (parameter.max_length) p["max_length"] = *parameter.max_length;
    for (const auto& choice : parameter.choices) p["choices"][choice.value.plain()] = choice.label;
    p["label"] = parameter.label;
    p["help"] = parameter.help;
    p["section"] = parameter.section;
    out["parameters"].push_back(std::move(p));
  }
  for (const auto* ports : {&tool.inputs, &tool.outputs}) {
    auto& list = out[ports == &tool.inputs ? "inputs" : "outputs"] = nlohmann::ordered_json::array();
    for (const auto& port : *ports) {
      list.push_back(
          {{"name", port.name}, {"kind", name_of(port.kind)}, {"path", port.path}, {"optional", port.optional}});
    }
  }
  return out;
}

}  // namespace

int run_validate(const Args& args) {
  Options options(
      "boxcar validate", "Says everything that is wrong with a file, or with what an image declares, at once.",
      "boxcar validate kliko.yml\n  boxcar validate kliko/simms\n  boxcar validate parameters.json --tool kliko.yml");
  std::string what;
  std::string tool_file;
  std::string engine;
  bool json = false;
  options.required("what", what, "A file, or the name of an image");
  options.value("--tool", tool_file, "The kliko.yml or image that a parameters.json is for", "FILE|IMAGE");
  declare_engine(options, engine, "Whose images are looked at");
  options.flag("--json", json, "Findings as JSON on stdout");
  if (const auto code = options.parse(args)) return *code;

  const auto document = find_document(what, engine);
  if (!document) return say(document.error(), json);
  if (tool_file.empty()) return validate(*document, engine, json);
  const auto declaration = find_document(tool_file, engine);
  if (!declaration) return say(declaration.error(), json);
  Findings findings;
  const auto tool = read_tool(*declaration, findings);
  if (tool) read_parameters(*document, *tool, findings);
  if (!findings.ok() || json) return say(findings, json);
  std::printf("%s: valid for %s\n", document->name.c_str(), declaration->name.c_str());
  return 0;
}

int run_inspect(const Args& args) {
  Options options("boxcar inspect",
                  "Shows what an image or a file declares: parameters, ports, command. No container is started.",
                  "boxcar inspect kliko/simms --json");
  std::string what;
  std::string engine;
  bool json = false;
  options.required("what", what, "The name of an image, or a kliko.yml");
  declare_engine(options, engine, "Whose images are looked at");
  options.flag("--json", json, "As JSON on stdout");
  if (const auto code = options.parse(args)) return *code;

  const auto document = find_document(what, engine);
  if (!document) return say(document.error(), json);
  Findings findings;
  const auto tool = read_tool(*document, findings);
  if (!tool || !findings.ok()) return say(findings, json);
  if (json) {
    std::printf("%s\n", json_of(*tool).dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::fputs(tool_help(*tool, "boxcar tool " + what + " [options]").c_str(), stdout);
  }
  return 0;
}

int run_kliko_validate(const Args& args) {
  if (completing()) {
    complete_files();
    return 0;
  }
  if (!args.empty() && (args[0] == "--help" || args[0] == "-h")) {
    std::printf(
        "Usage: kliko-validate [FILE]\n\nSays whether a kliko.yml (default /kliko.yml) is valid.\n\n"
        "Example:\n  kliko-validate ./kliko.yml\n");
    return 0;
  }
  if (!args.empty() && args[0] == "--version") {
    std::printf("kliko-validate (boxcar %s)\n", version());
    return kDone;
  }
  const std::string path = args.empty() ? "/kliko.yml" : args[0];
  auto text = read_file(path);
  if (!text) return say(text.error());
  Findings findings;
  read_kliko({path, *std::move(text)}, findings);
  if (const int code = say(findings); code != 0) return code;
  std::printf("%s: valid\n", path.c_str());
  return 0;
}

}  // namespace boxcar
