// boxcar run WORKFLOW
#include <sys/stat.h>

#include "base/fd.h"
#include "cli/commands.h"
#include "cli/execute.h"
#include "cli/task_variables.h"
#include "spec/reader.h"

namespace boxcar {

namespace {

constexpr std::size_t kLargeText = std::size_t{64} << 10;  // of about a thousand steps

}  // namespace

int run_run(const Args& args) {
  Options options("boxcar run", "Runs a workflow: each step whose result is not known yet, as many at once as -j says.",
                  "boxcar run boxcar.yml --set telescope=meerkat -j 4");
  RunOptions run;
  TaskVariables variables;
  std::string path;
  options.value("workflow", path, "The workflow file, or a folder with a boxcar.yml (default: ./boxcar.yml)", "FILE");
  run.declare(options, ".boxcar beside the workflow");
  options.value("--config", run.values, "Values of steps by name, {STEP: {NAME: VALUE}}, in JSON or YAML; --set wins",
                "FILE");
  variables.declare(options);
  if (const auto code = options.parse(args)) return *code;
  if (const auto code = run.complete()) return *code;
  if (const auto code = variables.complete(run.json)) return *code;

  if (path.empty()) {
    if (!exists("boxcar.yml")) {
      return say(Error{ErrorKind::Invalid, "there is no boxcar.yml here; name the workflow: boxcar run WORKFLOW", {}},
                 run.json);
    }
    path = "boxcar.yml";
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) path = join_path(path, "boxcar.yml");
  auto text = read_file(path);
  if (!text) return say(std::move(text).error(), run.json);
  const std::string file = absolute_path(path, current_directory());
  const std::string directory(directory_name(file));
  Document document{path, *std::move(text)};
  Findings findings;
  const Format format = detect_format(document);
  if (format == Format::Unknown) {
    read_tools(document, findings);  // says why
    return say(findings, run.json);
  }
  if (format != Format::Workflow && format != Format::Task) {
    const std::string_view what = format == Format::Kliko                 ? "the kliko.yml"
                                  : format == Format::ProcessingContainer ? "the processing-container.json"
                                                                          : "a parameters.json";
    findings.error(
        path, {},
        "this is " + std::string(what) + " of an image, not a workflow; run the image with 'boxcar tool IMAGE'");
    return say(findings, run.json);
  }
  const auto around = surroundings_of(file, variables);
  const bool large = document.text.size() > kLargeText;
  const auto read = [document = std::move(document), around, format, variables](Findings& found) {
    variables.warn_unless_task(document.name, format, found);
    return format == Format::Task ? read_task(document, around, found)
                                  : read_workflow(document, around.directory, found);
  };
  return execute(run, read, directory + "/.boxcar", {"run", without_values(args), false, large, variables.texts});
}

}  // namespace boxcar
