// boxcar tool IMAGE …, boxcar chain 'IMAGE …' …, and kliko-run IMAGE …
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "base/interrupt.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/execute.h"
#include "cli/tool_call.h"
#include "run/engine_place.h"
#include "run/tools.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

// Reads the tool of an image; says what is wrong itself, with the exit code.
class ToolReader {
 public:
  explicit ToolReader(const RunOptions& run) : pull_(run.pull_policy()), place_(EnginePlace::choose(run.engine)) {
    block_interrupts();
  }

  // For its help alone the image need not be here.
  Result<std::shared_ptr<const Tool>> read(const std::string& name, const Args& tool_args, Findings& findings) {
    if (!place_) return fail(place_.error());
    Images& images = (*place_)->images(pool_);
    const bool help = std::any_of(tool_args.begin(), tool_args.end(),
                                  [](const std::string& arg) { return arg == "--help" || arg == "-h"; });
    TRY(const auto image, help ? images.glimpse(name, pull_, say_progress) : images.resolve(name, pull_, say_progress));
    return declared_tool(images, *image, name, findings);
  }

  // For the run: what a daemon said, and Podman's service. Null: the engine is to be chosen anew, before there are
  // threads.
  std::shared_ptr<EnginePlace> place() && { return place_ && (*place_)->daemon() ? *std::move(place_) : nullptr; }

 private:
  const PullPolicy pull_;
  Pool pool_;
  Result<std::unique_ptr<EnginePlace>> place_;
};

Workflow empty_workflow(std::string name) {
  Workflow workflow;
  workflow.name = std::move(name);
  workflow.directory = current_directory();
  return workflow;
}

WorkflowSource source_of(Workflow workflow) {
  const auto held = std::make_shared<Workflow>(std::move(workflow));
  return [held](Findings&) { return std::optional(std::move(*held)); };
}

// "kliko/simms:1.0" gives "simms".
std::string short_name(const std::string& image) {
  std::string name = image.substr(image.find_last_of('/') + 1);
  name = name.substr(0, name.find_first_of(":@"));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_' && c != '-') c = '-';
  }
  return name.empty() ? "tool" : name;
}

// parameters.json beside options: an option wins.
void add_parameters_file(const std::string& path, const Tool& tool, ToolCall& call, Findings& findings) {
  auto text = read_file(path);
  if (!text) return findings.error(path, {}, text.error().message);
  // Merged values hold defaults too, which is the same as not giving them.
  Findings own;
  auto values = read_parameters({path, *std::move(text)}, tool, findings);
  if (!values) return;
  for (auto& [name, value] : *values) {
    const auto same = [&name = name](const Argument& argument) { return argument.name == name; };
    if (std::none_of(call.params.begin(), call.params.end(), same)) call.params.push_back({name, std::move(value), {}});
  }
}

int run_one(RunOptions run, const std::string& image, const Args& tool_args, const std::string& parameters,
            const Call& how) {
  if (const auto code = run.complete()) return *code;
  const bool kliko_defaults = how.command == "kliko-run";
  Workflow workflow = empty_workflow(short_name(image));
  Findings findings;
  {
    ToolReader reader(run);
    const auto tool = reader.read(image, tool_args, findings);
    if (!findings.ok()) return say(findings, run.json);
    if (!tool) return say(tool.error(), run.json);
    ToolCall call = parse_tool_call(**tool, image, tool_args, findings);
    if (call.help) {
      std::fputs(
          tool_help(**tool, (kliko_defaults ? "" : "boxcar ") + how.command + " " + image + " [options]").c_str(),
          stdout);
      return 0;
    }
    if (!parameters.empty()) add_parameters_file(parameters, **tool, call, findings);
    if (call.work && (call.input || call.output)) {
      findings.error(image, {}, "--work is both input and output; give either it or --input and --output");
    }
    if (call.work && (*tool)->mode == "split") {
      findings.error(image, {}, "--work is for join images; this one takes --input and --output");
    }
    if (kliko_defaults && !call.work) {
      const std::string place = (*tool)->mode == "join" ? "work" : "output";
      if (!call.output && !call.input && place == "work" && exists(place)) call.input = place;
      if (!call.output) call.output = place;
    }
    if (!findings.ok()) return say(findings, run.json);
    add_step(workflow, short_name(image), image, **tool, std::move(call));
    if (!run.detach) run.place = std::move(reader).place();
  }
  return execute(run, source_of(std::move(workflow)), current_directory() + "/.kliko", how);
}

}  // namespace

int run_tool(const Args& args) {
  Options options(
      "boxcar tool",
      "Runs one image that declares its tool. boxcar's own options stand before the image, the tool's after it;\n"
      "'boxcar tool IMAGE --help' lists the tool's.",
      "boxcar tool kliko/simms --tel meerkat --synthesis-time 0.5 --output ./simms");
  RunOptions run;
  std::string parameters;
  Args rest;
  Args places;
  run.declare(options, "./.kliko");
  const auto place = [&](const char* name, const char* help) {
    options.value(name, places.emplace_back(), help, "DIR");
  };
  places.reserve(3);
  place("--input", "What it reads; may stand after the image too");
  place("--output", "Filled with the result after success; may stand after the image too");
  place("--work", "Of a join image: read, and filled with the result; may stand after the image too");
  options.value("--parameters", parameters, "Take parameters from this file (parameters.json); options win", "FILE");
  options.rest(rest, "IMAGE [the tool's options]", "the image, and what its tool takes", true);
  if (const auto code = options.parse(args)) return *code;
  if (rest.empty())
    return say(Error{ErrorKind::Invalid, "boxcar tool needs an IMAGE; try 'boxcar tool --help'", {}}, run.json);
  if (rest.front().starts_with("-")) {
    return say(Error{ErrorKind::Invalid,
                     "boxcar tool has no option '" + printable(rest.front()) +
                         "'; the tool's own options stand after the image",
                     {}},
               run.json);
  }
  const std::string image = rest.front();
  rest.erase(rest.begin());
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!places[i].empty()) rest.insert(rest.begin(), {std::array{"--input", "--output", "--work"}[i], places[i]});
  }
  return run_one(run, image, rest, parameters, {"tool", args, true});
}

int run_kliko_run(const Args& args) {
  if (completing()) {
    complete_tool("kliko-run", args);
    return 0;
  }
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    std::printf(
        "Usage: kliko-run IMAGE [--input DIR] [--output DIR] [--work DIR] [--PARAMETER VALUE]…\n\n"
        "Runs a Kliko image. Without --output its results go to ./output (./work for a join image).\n"
        "'kliko-run IMAGE --help' lists the image's own parameters.\n\n"
        "Example:\n  kliko-run kliko/simms --output simms --tel meerkat\n");
    return args.empty() ? kWrong : kDone;
  }
  if (args[0] == "--version") {
    std::printf("kliko-run (boxcar %s)\n", version());
    return kDone;
  }
  if (args[0].starts_with("-")) {
    return say(
        Error{ErrorKind::Invalid, "kliko-run needs an IMAGE first, not " + in_quotes(args[0]) + "; try --help", {}});
  }
  return run_one({}, args[0], Args(args.begin() + 1, args.end()), "", {"kliko-run", args, true});
}

int run_chain(const Args& args) {
  Options options(
      "boxcar chain",
      "Runs images one after another: what each puts out, the next one reads. An argument is an image and its options.",
      "boxcar chain 'kliko/simms --tel meerkat' 'kliko/meqtree-pipeliner' 'kliko/wsclean --weight uniform'");
  RunOptions run;
  Args links;
  run.declare(options, "./.kliko");
  options.list("links", links, "An image and its options, quoted as one argument");
  options.hint("quote each image with its options as one argument: boxcar chain 'IMAGE --option value' …");
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = run.complete()) return *code;
  if (links.empty())
    return say(Error{ErrorKind::Invalid, "boxcar chain needs an IMAGE; try 'boxcar chain --help'", {}}, run.json);

  Workflow workflow = empty_workflow("chain");
  Findings findings;
  {
    ToolReader reader(run);
    std::string before;
    std::string before_port;
    for (std::size_t i = 0; i < links.size(); ++i) {
      auto words = split_words(links[i]);
      if (!words || words->empty()) {
        findings.error(links[i], {}, words ? "an image is missing" : words.error().message);
        continue;
      }
      const std::string image = words->front();
      words->erase(words->begin());
      const auto tool = reader.read(image, *words, findings);
      if (!tool) {
        if (findings.ok() || tool.error().kind != ErrorKind::Invalid) return say(tool.error(), run.json);
        continue;
      }
      ToolCall call = parse_tool_call(**tool, image, *words, findings);
      const std::string name = std::to_string(i + 1) + "-" + short_name(image);
      if (call.help) {
        std::fputs(tool_help(**tool, "boxcar chain '" + image + " [options]' …").c_str(), stdout);
        return 0;
      }
      if (i > 0 && call.input)
        findings.error(image, {}, "--input is for the first of a chain; this one reads " + before);
      add_step(workflow, name, image, **tool, std::move(call));
      if (i > 0 && !before.empty() && !(*tool)->inputs.empty()) {
        workflow.steps.back().inputs = {{(*tool)->inputs[0].name, Link{before, before_port, ""}, {}}};
      }
      before = name;
      before_port = (*tool)->outputs.empty() ? "" : (*tool)->outputs[0].name;
    }
    if (!findings.ok()) return say(findings, run.json);
    if (!run.detach) run.place = std::move(reader).place();
  }
  return execute(run, source_of(std::move(workflow)), current_directory() + "/.kliko", {"chain", args});
}

}  // namespace boxcar
