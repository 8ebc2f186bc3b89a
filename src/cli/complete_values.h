// The values that an option or argument can have, for shell completion.
#pragma once

#include <string>

#include "cli/complete.h"

namespace boxcar {

struct Completion {
  std::string command;    // "boxcar run"
  Args positional;        // the positional arguments so far
  std::string beginning;  // of the word, before the value: "--engine="
  std::string value;      // as far as it is typed
};

// By its choices, else by its kind. Nothing where neither says anything.
void complete_value(const Completion& completion, const OptionInfo& option);

}  // namespace boxcar
