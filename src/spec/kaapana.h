// What Kaapana's two documents, processing-container.json and task.json, write alike. Internal to their readers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/tool.h"
#include "spec/fields.h"

namespace boxcar {

// Names that are to be unique, with the place where each stands first.
class Names {
 public:
  Names(std::string_view noun, Report& report) : noun_(noun), report_(report) {}

  // False, with a finding: it is there already.
  bool add(const std::string& name, Position at) {
    const auto [first, added] = places_.emplace(name, at);
    if (!added) {
      report_.error(at, std::string(noun_) + " " + in_quotes(name) + " stands twice, first in line " +
                            std::to_string(first->second.line));
    }
    return added;
  }

 private:
  const std::string_view noun_;
  Report& report_;
  std::unordered_map<std::string, Position> places_;
};

// "name" of a channel, and of an environment variable. "": absent, or wrong and reported.
std::string read_channel_name(const Fields& channel);
std::string read_variable_name(const Fields& variable);
// The noun and the name of what a mapping describes, by the key that holds its name.
Subject kaapana_subject(std::string_view noun, const Node& node, std::string_view key);

// "api_version": 1 alone is valid, and what is meant where it is absent.
void read_api_version(const Fields& fields);
// One of "templates", or the one that stands in a task itself.
Tool read_task_template(const Node& node, Report& report);
// "command": a list of strings. Empty: absent, or wrong and reported.
std::vector<std::string> read_kaapana_command(const Fields& fields);
// "resources": requests and limits, in Kubernetes' quantities.
Needs read_kaapana_resources(const Fields& fields, Report& report);
// "scale_rule" of a channel. None for an output's, with a warning: it has no size yet that could be measured.
std::optional<ScaleRule> read_channel_rule(const Fields& channel, bool input, Report& report);

}  // namespace boxcar
