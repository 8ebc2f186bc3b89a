#include "cli/task_variables.h"

#include <algorithm>
#include <cstdlib>

#include "base/fd.h"
#include "base/text.h"
#include "cli/detach.h"
#include "cli/execute.h"

namespace boxcar {

void TaskVariables::declare(Options& options) {
  options.list("--custom", texts,
               "What a task.json means by {{ custom.NAME }}; of one name given again the last counts", "NAME=VALUE");
}

std::optional<int> TaskVariables::complete(bool json) {
  if (detached_run()) {
    auto handed = handed_over();
    if (!handed) return say(handed.error(), json);
    if (handed->size() != texts.size()) {
      return say(
          Error{ErrorKind::Unavailable, "who called this ended before the values of --custom were handed over", {}},
          json);
    }
    texts = *std::move(handed);
  }
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      const std::string found = equals == 0 ? "a value without a name" : in_quotes(text);
      return say(Error{ErrorKind::Invalid, "--custom takes NAME=VALUE, not " + found, {}}, json);
    }
    const std::string name = text.substr(0, equals);
    auto given = std::find_if(custom.begin(), custom.end(), [&](const auto& one) { return one.first == name; });
    if (given == custom.end()) given = custom.insert(given, {name, {}});
    given->second = text.substr(equals + 1);
  }
  return std::nullopt;
}

void TaskVariables::warn_unless_task(const std::string& file, Format format, Findings& findings) const {
  if (format == Format::Task) return;
  for (const auto& [name, value] : custom) {
    findings.warn(file, {},
                  "this is no task.json, so nothing takes " + in_quotes("custom." + name) + ", which --custom gives");
  }
}

std::vector<std::string> without_values(std::vector<std::string> args) {
  constexpr std::string_view option = "--custom";
  constexpr std::string_view joined = "--custom=";
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool behind = i > 0 && args[i - 1] == option;
    if (!behind && !args[i].starts_with(joined)) continue;
    const auto equals = args[i].find('=', behind ? 0 : joined.size());
    if (equals != std::string::npos) args[i].replace(equals + 1, std::string::npos, "***");
  }
  return args;
}

Surroundings surroundings_of(const std::string& file, const TaskVariables& variables) {
  const auto env = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return {std::string(directory_name(absolute_path(file, current_directory()))), {env, variables.custom}};
}

}  // namespace boxcar
