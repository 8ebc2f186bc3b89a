// What a task.json may name between its braces, as the commands that read one are given it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "spec/reader.h"

namespace boxcar {

struct TaskVariables {
  std::vector<std::string> texts;                           // --custom NAME=VALUE
  std::vector<std::pair<std::string, std::string>> custom;  // of them, the last of a name

  void declare(Options& options);
  // In a runner that was left behind they are those that its caller handed over. None: go on; else the exit code, once
  // what is wrong was said.
  std::optional<int> complete(bool json);
  // Warns of them where the document is none that takes any.
  void warn_unless_task(const std::string& file, Format format, Findings& findings) const;
};

// A call's arguments with *** in place of each value of --custom: it may be a password, which no record and no list of
// processes is to show.
std::vector<std::string> without_values(std::vector<std::string> args);

// Of a file that is named by the caller.
Surroundings surroundings_of(const std::string& file, const TaskVariables& variables);

}  // namespace boxcar
