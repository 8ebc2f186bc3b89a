// boxcar tool IMAGE …, boxcar chain 'IMAGE …' …, and kliko-run IMAGE …
#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>

#include "base/interrupt.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/detach.h"
#include "cli/execute.h"
#include "cli/tool_call.h"
#include "run/engine_place.h"
#include "run/tools.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

// "--template NAME" of an image with several tools. Another's parameter may have that name.
std::string take_template(const std::vector<Tool>& tools, Args& args) {
  constexpr std::string_view option = "--template";
  if (tools.empty() || tools.front().template_name.empty()) return "";
  for (auto arg = args.begin(); arg != args.end(); ++arg) {
    std::string name;
    if (*arg == option && arg + 1 != args.end()) {
      name = arg[1];
      args.erase(arg, arg + 2);
      return name;
    }
    if (!arg->starts_with(std::string(option) + "=")) continue;
    name = arg->substr(option.size() + 1);
    args.erase(arg);
    return name;
  }
  return "";
}

using Usage = std::function<std::string(const std::string& words)>;

// Reads the tool of an image; says what is wrong itself, with the exit code.
class ToolReader {
 public:
  explicit ToolReader(RunOptions& run) : place_(EnginePlace::choose(run.engine)), run_(run) {
    // What --detach left behind finds pulled what its caller pulled.
    if (detached_run()) pull_no_more();
    block_interrupts();
  }

  // For its help alone the image need not be here. Null: help was asked for, and said of several tools at once.
  // `usage`: of what stands behind the image.
  Result<std::shared_ptr<const Tool>> read(const std::string& name, Args& tool_args, const Usage& usage,
                                           Findings& findings) {
    if (!place_) return fail(place_.error());
    Images& images = (*place_)->images(pool_);
    const bool help = std::any_of(tool_args.begin(), tool_args.end(),
                                  [](const std::string& arg) { return arg == "--help" || arg == "-h"; });
    const bool look_only = help || (run_.dry_run && (*place_)->daemon());
    const PullPolicy pull = run_.pull_policy();
    TRY(const auto image,
        look_only ? images.glimpse(name, pull, say_progress) : images.resolve(name, pull, say_progress));
    TRY(auto tools, declared_tools(images, *image, name, findings));
    const std::string wanted = take_template(tools, tool_args);
    if (wanted.empty() && tools.size() > 1) {
      if (help) return std::fputs(templates_help(tools, usage("--template NAME [options]")).c_str(), stdout), nullptr;
      std::vector<std::string> names;
      for (const auto& tool : tools) names.push_back(tool.template_name);
      return fail(ErrorKind::Invalid, "the image " + name + " has several tools; say which with --template NAME (" +
                                          "there are: " + printable(join(names, ", ")) + ")");
    }
    TRY(auto tool, chosen_tool(std::move(tools), name, wanted));
    return std::make_shared<const Tool>(std::move(tool));
  }

  // For the run: what a daemon said, and Podman's service. Without a daemon the engine is chosen anew, before there are
  // threads, and what was pulled is in the store.
  void hand_over() && {
    if (run_.detach && !run_.dry_run && !detached_run()) return;
    if (place_ && (*place_)->daemon()) {
      run_.place = *std::move(place_);
    } else {
      pull_no_more();
    }
  }

 private:
  void pull_no_more() {
    if (run_.pull == "always") run_.pull = "missing";
  }

  Pool pool_;
  Result<std::unique_ptr<EnginePlace>> place_;
  RunOptions& run_;
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

int run_one(RunOptions run, const std::string& image, Args tool_args, const std::string& parameters, const Call& how) {
  if (const auto code = run.complete()) return *code;
  const bool kliko_defaults = how.command == "kliko-run";
  Workflow workflow = empty_workflow(short_name(image));
  Findings findings;
  {
    ToolReader reader(run);
    const auto usage = [&](const std::string& words) {
      return (kliko_defaults ? "" : "boxcar ") + how.command + " " + image + " " + words;
    };
    const auto tool = reader.read(image, tool_args, usage, findings);
    if (!findings.ok()) return say(findings, run.json);
    if (!tool) return say(tool.error(), run.json);
    if (*tool == nullptr) return kDone;
    ToolCall call = parse_tool_call(**tool, image, tool_args, findings);
    if (call.help) {
      std::fputs(tool_help(**tool, usage("[options]")).c_str(), stdout);
      return 0;
    }
    if (!parameters.empty()) add_parameters_file(parameters, **tool, call, findings);
    if (call.work && !(call.inputs.empty() && call.outputs.empty())) {
      findings.error(image, {}, "--work is both input and output; give either it or --input and --output");
    }
    if (call.work && (*tool)->mode == "split") {
      findings.error(image, {}, "--work is for join images; this one takes --input and --output");
    }
    if (kliko_defaults && !call.work) {
      const std::string place = (*tool)->mode == "join" ? "work" : "output";
      const auto port = [](const std::vector<Port>& ports) { return ports.empty() ? "" : ports[0].name; };
      if (call.outputs.empty() && call.inputs.empty() && place == "work" && exists(place))
        call.inputs = {{port((*tool)->inputs), place}};
      if (call.outputs.empty()) call.outputs = {{port((*tool)->outputs), place}};
    }
    if (!findings.ok()) return say(findings, run.json);
    add_step(workflow, short_name(image), image, **tool, std::move(call));
    std::move(reader).hand_over();
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
  std::string template_name;
  Args rest;
  Args inputs;
  Args outputs;
  Args work;
  run.declare(options, "./.kliko");
  options.list("--input", inputs, "What it reads; PORT=DIR where there are several. May stand after the image too",
               "[PORT=]DIR");
  options.list("--output", outputs, "Filled with the result after success; may stand after the image too",
               "[PORT=]DIR");
  options.list("--work", work, "Of a join image: read, and filled with the result; may stand after the image too",
               "DIR");
  options.value("--template", template_name,
                "Which of its tools, of an image with several; may stand after the image too", "NAME");
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
  for (const auto& [name, values] : {std::pair{"--input", inputs}, {"--output", outputs}, {"--work", work}}) {
    for (const auto& value : values) rest.insert(rest.end(), {name, value});
  }
  if (!template_name.empty()) rest.insert(rest.end(), {"--template", template_name});
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
      const auto usage = [&](const std::string& of) { return "boxcar chain '" + image + " " + of + "' …"; };
      const std::size_t found = findings.errors();
      const auto tool = reader.read(image, *words, usage, findings);
      if (!tool) {
        if (tool.error().kind != ErrorKind::Invalid) return say(tool.error(), run.json);
        if (findings.errors() == found) findings.error(image, {}, tool.error().text());
        continue;
      }
      if (*tool == nullptr) return kDone;
      ToolCall call = parse_tool_call(**tool, image, *words, findings);
      const std::string name = std::to_string(i + 1) + "-" + short_name(image);
      if (call.help) {
        std::fputs(tool_help(**tool, usage("[options]")).c_str(), stdout);
        return 0;
      }
      if (i > 0 && !call.inputs.empty())
        findings.error(image, {}, "--input is for the first of a chain; this one reads " + before);
      add_step(workflow, name, image, **tool, std::move(call));
      if (i > 0 && !before.empty() && !(*tool)->inputs.empty()) {
        workflow.steps.back().inputs = {{(*tool)->inputs[0].name, Link{before, before_port, ""}, {}}};
      }
      before = name;
      before_port = (*tool)->outputs.empty() ? "" : (*tool)->outputs[0].name;
    }
    if (!findings.ok()) return say(findings, run.json);
    std::move(reader).hand_over();
  }
  return execute(run, source_of(std::move(workflow)), current_directory() + "/.kliko", {"chain", args});
}

}  // namespace boxcar
