#include "cli/complete.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "base/user_namespace.h"
#include "cli/complete_values.h"
#include "cli/terminal.h"
#include "image/image_store.h"
#include "run/tools.h"

namespace boxcar {

namespace {

bool requested = false;

const OptionInfo* find_option(const std::vector<OptionInfo>& options, std::string_view name) {
  for (const auto& option : options) {
    if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
  }
  return nullptr;
}

// What stands before the word that is completed.
struct Before {
  const OptionInfo* open = nullptr;  // the option whose value comes next
  bool only_positional = false;      // after "--"
  Args positional;
  std::optional<std::size_t> image;  // where the tool's own options begin
};

Before look(const std::vector<OptionInfo>& options, bool rest, const Args& words) {
  Before before;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    const bool option = word.starts_with("-") && word.size() > 1 && !before.only_positional;
    if (before.open != nullptr && !(before.open->repeats && option)) {
      if (!before.open->repeats) before.open = nullptr;
    } else if (option && word == "--") {
      before.only_positional = true;
    } else if (option) {
      const OptionInfo* found = find_option(options, word);  // of --name=VALUE there is none
      before.open = found != nullptr && !found->kind.empty() ? found : nullptr;
    } else if (rest) {
      before.image = i;
      return before;
    } else {
      before.positional.push_back(word);
    }
  }
  return before;
}

void complete_option_names(const std::vector<OptionInfo>& options, const std::string& word) {
  for (const auto& option : options) {
    for (const auto& name : option.names) offer(word, name, option.help);
  }
}

// The options of a tool, as parse_tool_call() takes them.
std::vector<OptionInfo> options_of(const Tool& tool) {
  std::vector<OptionInfo> options{{{"--input"}, "DIR", {}, "What it reads"},
                                  {{"--output"}, "DIR", {}, "Filled with the result after success"},
                                  {{"--work"}, "DIR", {}, "Of a join image: read, and filled with the result"},
                                  {{"--help"}, "", {}, "What the tool takes"}};
  for (const auto& parameter : tool.parameters) {
    if (find_option(options, "--" + parameter.name) != nullptr) continue;  // reached by --param
    OptionInfo option{{"--" + parameter.name}, parameter.type.name(), {}, parameter.label, parameter.type.list};
    if (parameter.type.scalar == Scalar::File) option.kind = "FILE";
    if (parameter.type == Type{Scalar::Bool, false}) {
      option.names.push_back("--no-" + parameter.name);
      option.kind = "";
    }
    for (const auto& choice : parameter.choices) option.choices.push_back(choice.value.plain());
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace

void begin_completion() {
  requested = true;
}

bool completing() {
  return requested;
}

void offer(const std::string& typed, const std::string& candidate, const std::string& meaning) {
  if (!candidate.starts_with(typed)) return;
  if (printable(candidate, candidate.size()) != candidate) return;  // no shell could put it on a line
  print(candidate + "\t" + printable(meaning) + "\n");
}

void complete_files() {
  print(":files \n");
}

void complete_options(const std::string& command, const std::vector<OptionInfo>& options, bool rest,
                      const Args& words) {
  const std::string word = words.empty() ? "" : words.back();
  const Before before = look(options, rest, words);
  if (before.image)
    return complete_tool(command, {words.begin() + static_cast<std::ptrdiff_t>(*before.image), words.end()});
  const auto values = [&](const OptionInfo& option, const std::string& beginning) {
    complete_value({command, before.positional, beginning, word.substr(beginning.size())}, option);
  };
  const bool dashes = word.starts_with("-") && !before.only_positional;
  if (before.open != nullptr && !(before.open->repeats && dashes)) return values(*before.open, "");
  if (dashes) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) return complete_option_names(options, word);
    const OptionInfo* option = find_option(options, word.substr(0, equals));
    if (option != nullptr && !option->kind.empty()) values(*option, word.substr(0, equals + 1));
    return;
  }
  if (rest) return values({{}, "IMAGE", {}, ""}, "");
  std::size_t place = before.positional.size();
  for (const auto& option : options) {
    if (!option.names.empty()) continue;
    if (place == 0 || option.repeats) return values(option, "");
    --place;
  }
}

void complete_tool(const std::string& command, const Args& words) {
  if (words.size() <= 1) return complete_options(command, {}, true, words);
  std::ignore = enter_user_namespace();  // whose images they are
  Pool pool;
  ImageStore images(ImageStore::default_directory(), pool);
  const auto image = images.resolve(words[0], PullPolicy::Never);
  if (!image) return;
  Findings findings;
  const auto tool = declared_tool(images, **image, words[0], "", findings);
  if (tool) complete_options(command, options_of(**tool), false, {words.begin() + 1, words.end()});
}

}  // namespace boxcar
