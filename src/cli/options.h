// The options of a command, with help. A thin face over CLI11, so that its header is compiled once.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace boxcar {

class Options {
 public:
  // `example`: whole command lines, shown at the end of --help.
  Options(const std::string& command, const std::string& description, const std::string& example);
  ~Options();

  // `names` as CLI11 writes them: "-j,--jobs" or, for a positional argument, "workflow".
  void flag(const std::string& names, bool& value, const std::string& help);
  void value(const std::string& names, std::string& value, const std::string& help, const std::string& kind = "");
  void value(const std::string& names, unsigned& value, const std::string& help, const std::string& kind = "N");
  void count(const std::string& names, unsigned& value, const std::string& help);  // above 0
  void choice(const std::string& names, std::string& value, const std::vector<std::string>& of, const std::string& help,
              bool required = false);
  void list(const std::string& names, std::vector<std::string>& values, const std::string& help,
            const std::string& kind = "");
  // A positional argument, which `kind` names: "FILE|IMAGE".
  void required(const std::string& kind, std::string& value, const std::string& help);
  // Everything from the first positional argument on, untouched: the tool's own options.
  void rest(std::vector<std::string>& values, const std::string& name, const std::string& help, bool required);

  std::vector<std::string> names() const;  // "--jobs", "-j", …: of all that were declared, and --help

  // Said with the error where there are arguments that nothing takes.
  void hint(const std::string& text);
  // What nothing takes is not shown: it may be a password.
  void hide_arguments();

  // None: go on. Otherwise the command ends with that exit code: 0 after --help, or after candidates for the last of
  // `args` where those were asked for (cli/complete.h); 2 after an error, said on stderr.
  std::optional<int> parse(const std::vector<std::string>& args);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace boxcar
