// What the engine looks up in a container's root before it starts: the user to run as, and whether there is a program
// to run at all, so that people get a sentence and not a runtime's error. Symlinks never lead out of the root.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/oci_config.h"

namespace boxcar {

// `user` as in Image::user: "", "name", "1000", "name:group", "1000:1000", looked up in /etc/passwd and /etc/group
// below `root` (a directory's descriptor). As Docker does: a number need not be listed; without a group, the one in
// passwd (0 for an unlisted number) and the supplementary ones from /etc/group; with a group, that one alone.
// Invalid when a name is not listed.
Result<ContainerUser> find_user(int root, const std::string& user);

// Checks that what argv[0] names can be executed: searched in the PATH of `env` when it holds no '/', else relative to
// `working_dir`. Also what it needs in turn: a script's interpreter, a program's loader. Paths below one of `mounted`
// are not looked at: they come from elsewhere. NotFound or Invalid, with a sentence.
Result<void> check_program(int root, const Action& action, const std::vector<std::string>& mounted);

}  // namespace boxcar
