#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "cli/complete.h"
#include "cli/execute.h"

namespace boxcar {

namespace {

std::string with_article(const std::string& kind) {
  return (std::string_view("AEIO").find(kind[0]) != std::string_view::npos ? "an " : "a ") + kind;
}

}  // namespace

struct Options::State {
  CLI::App app;
  std::string command;
  std::vector<std::string>* rest = nullptr;
  std::string rest_name;
  std::string hint;
  bool hides_arguments = false;
  std::map<const CLI::Option*, std::vector<std::string>> choices;

  std::vector<OptionInfo> infos();
  std::vector<std::string> names();
  std::string unknown(const std::string& argument);
  std::string lacking();
  std::string explained(const CLI::Error& error);
  std::string too_few_or_many(const std::string& message);
};

std::vector<OptionInfo> Options::State::infos() {
  std::vector<OptionInfo> all;
  for (const CLI::Option* option : app.get_options()) {
    OptionInfo info;
    for (const auto& name : option->get_lnames()) info.names.push_back("--" + name);
    for (const auto& name : option->get_snames()) info.names.push_back("-" + name);
    info.help = option->get_description();
    info.repeats = info.names.empty() && option->get_items_expected_max() > 1;
    if (option->get_items_expected_max() > 0) info.kind = option->get_type_name();
    // What can't be told from its kind is told from its name.
    if (info.names.empty() && (info.kind.empty() || info.kind == "TEXT")) info.kind = option->get_name(true);
    if (const auto found = choices.find(option); found != choices.end()) info.choices = found->second;
    all.push_back(std::move(info));
  }
  return all;
}

std::vector<std::string> Options::State::names() {
  std::vector<std::string> names;
  for (const auto& info : infos()) names.insert(names.end(), info.names.begin(), info.names.end());
  return names;
}

// What is wrong with an argument that nothing takes.
std::string Options::State::unknown(const std::string& argument) {
  if (!argument.starts_with("-"))
    return hides_arguments ? "there is an argument too many" : "nothing takes the argument " + in_quotes(argument);
  std::string name = argument.substr(0, argument.find('='));
  if (hides_arguments && !name.starts_with("--")) name.resize(2);  // "-pWORD"
  return command + " has no option " + in_quotes(name) + did_you_mean(name, names());
}

// Which arguments that must be there are not: "an IMAGE", "a FILE or IMAGE".
std::string Options::State::lacking() {
  std::string all;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    std::string kind = option->get_name(true);
    if (const auto bar = kind.find('|'); bar != std::string::npos) kind.replace(bar, 1, " or ");
    all += (all.empty() ? "" : ", ") + with_article(kind);
  }
  return all;
}

// The library's "--config: At Most 1 required but received 2" and "--rerun: 1 required STEP missing".
std::string Options::State::too_few_or_many(const std::string& message) {
  const std::string name = message.substr(0, message.find(':'));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr) return message;
  if (message.find(": At Most 1 ") != std::string::npos) return name + " can be given only once";
  if (!message.ends_with(" missing")) return message;
  const std::string kind = option->get_type_name();
  return name + " needs " + with_article(kind.empty() || kind == "TEXT" ? "value" : kind);
}

// In the words of the rest: what nothing takes, what is lacking, what is given too often, what is no number; of other
// errors the library's own.
std::string Options::State::explained(const CLI::Error& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    std::string message;
    for (const auto& extra : app.remaining(true)) message += (message.empty() ? "" : "; ") + unknown(extra);
    return message + (hint.empty() ? "" : "; " + hint);
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return command + " needs " + lacking();
  std::string message = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return too_few_or_many(message);
  if (dynamic_cast<const CLI::ConversionError*>(&error) == nullptr) return message;
  const std::string_view prefix = "Could not convert: ";
  const auto equals = message.find(" = ");
  if (!message.starts_with(prefix) || equals == std::string::npos) return message;
  const std::string name = message.substr(prefix.size(), equals - prefix.size());
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option != nullptr && option->get_items_expected_max() == 0) return name + " takes no value";
  return name + " takes a number, not " + in_quotes(message.substr(equals + 3));
}

Options::Options(const std::string& command, const std::string& description, const std::string& example)
    : state_(std::make_unique<State>()) {
  state_->command = command;
  state_->app.name(command);
  state_->app.description(description);
  state_->app.footer("\nExample:\n  " + example);
  state_->app.get_formatter()->column_width(34);
}

Options::~Options() = default;

void Options::flag(const std::string& names, bool& value, const std::string& help) {
  state_->app.add_flag(names, value, help);
}

void Options::value(const std::string& names, std::string& value, const std::string& help, const std::string& kind) {
  auto* option = state_->app.add_option(names, value, help);
  if (!kind.empty()) option->type_name(kind);
}

void Options::value(const std::string& names, unsigned& value, const std::string& help, const std::string& kind) {
  state_->app.add_option(names, value, help)->type_name(kind);
}

void Options::count(const std::string& names, unsigned& value, const std::string& help) {
  const auto above_0 = [](const std::string& text) {
    return text.find_first_not_of('0') == std::string::npos ? "takes a number above 0" : "";
  };
  state_->app.add_option(names, value, help)->type_name("N")->check(above_0);
}

void Options::choice(const std::string& names, std::string& value, const std::vector<std::string>& of,
                     const std::string& help, bool required) {
  const auto one_of_them = [of](const std::string& text) {
    if (std::find(of.begin(), of.end(), text) != of.end()) return std::string();
    return in_quotes(text) + " is none of " + join(of, ", ") + did_you_mean(text, of);
  };
  auto* option = state_->app.add_option(names, value, help);
  option->check(one_of_them)->option_text(join(of, "|"))->required(required);
  state_->choices[option] = of;
}

void Options::list(const std::string& names, std::vector<std::string>& values, const std::string& help,
                   const std::string& kind) {
  auto* option = state_->app.add_option(names, values, help);
  if (names.starts_with("-")) option->allow_extra_args(false);  // "--set a=1 --set b=2", a value each
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (!kind.empty()) option->type_name(kind);
}

void Options::required(const std::string& kind, std::string& value, const std::string& help) {
  state_->app.add_option(kind, value, help)->required()->type_name("");
}

void Options::rest(std::vector<std::string>& values, const std::string& name, const std::string& help, bool required) {
  state_->rest = &values;
  state_->rest_name = name;
  state_->app.prefix_command();
  state_->app.footer(name + (required ? "" : " (optional)") + ": " + help + "\n" + state_->app.get_footer());
}

std::vector<std::string> Options::names() const {
  return state_->names();
}

void Options::hint(const std::string& text) {
  state_->hint = text;
}

void Options::hide_arguments() {
  state_->hides_arguments = true;
}

std::optional<int> Options::parse(const std::vector<std::string>& args) {
  if (completing()) {
    complete_options(state_->command, state_->infos(), state_->rest != nullptr, args);
    return 0;
  }
  try {
    // CLI11 takes them last first.
    state_->app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    if (state_->rest != nullptr) *state_->rest = state_->app.remaining(true);
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::string help = state_->app.help();
    if (const auto usage = help.find("[OPTIONS]\n"); state_->rest != nullptr && usage != std::string::npos) {
      help.insert(help.find('\n', usage), " " + state_->rest_name);
    }
    std::fputs(help.c_str(), stdout);
    return 0;
  } catch (const CLI::Error& error) {
    const bool json = std::find(args.begin(), args.end(), "--json") != args.end();
    say(Error{ErrorKind::Invalid, state_->explained(error), {}}, json);
    if (!json) std::fprintf(stderr, "Try '%s --help'.\n", state_->command.c_str());
    return 2;
  }
}

}  // namespace boxcar
