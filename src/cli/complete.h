// Shell completion: what may stand in place of the last word of a command line. `boxcar complete WORD…`, which the
// scripts in share/completions call, prints it, a line each:
//   WORD<tab>what it means
//   :files BEGINNING    or :directories BEGINNING: the shell completes a path after that beginning of the word
#pragma once

#include <string>
#include <vector>

#include "cli/commands.h"

namespace boxcar {

// From then on no command of this process does anything: Options::parse() prints candidates in place of parsing.
void begin_completion();
bool completing();

// An option, or a positional argument, as --help shows it.
struct OptionInfo {
  std::vector<std::string> names;    // "--jobs", "-j"; none: it is positional
  std::string kind;                  // what its value is: "DIR"; "": it takes none
  std::vector<std::string> choices;  // all values it can have; none: any
  std::string help;
  bool repeats = false;  // takes all the values that follow
};

// Candidates for the last of `words`, which follow `command` ("boxcar image rm"). `rest`: what follows the first
// positional argument, an image, are options of its tool.
void complete_options(const std::string& command, const std::vector<OptionInfo>& options, bool rest, const Args& words);
// Of `kliko-run WORD…`: an image, and the options of its tool.
void complete_tool(const std::string& command, const Args& words);
void complete_files();
// Prints the candidate where it begins with what is typed of the word.
void offer(const std::string& typed, const std::string& candidate, const std::string& meaning);

}  // namespace boxcar
