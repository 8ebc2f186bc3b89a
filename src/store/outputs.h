// What a container left, made into what a result may hold: checked, the caller's, read-only.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "plan/action.h"

namespace boxcar {

// `directory` is the host's directory that was mounted for `output`: the port's own, or of a file port the one around
// the file. Nothing runs in it any more. Afterwards every entry belongs to the caller, files are 0444 or 0555,
// directories 0555, and no symlink leads out:
// - an absolute one into the same directory, as the container saw it, is made relative;
// - one into an input is replaced by what it leads to;
// - one that leads to nothing, but within the directory, stays.
// False: the output is optional and was not written. Invalid, naming the entry: the output is missing, a symlink leads
// elsewhere, a FIFO, a socket, a device.
Result<bool> settle_output(const std::string& directory, const ActionOutput& output,
                           const std::vector<ActionInput>& inputs);

// The first symlink, with its target, in the directory `root` of the host that would lead out of it where a container
// sees it at `mounted`, beside `inputs`: settle_output() refuses it in what a step works on in place. None: there is
// none. Cancelled by base/interrupt.h.
Result<std::optional<std::pair<std::string, std::string>>> link_that_leads_out(const std::string& root,
                                                                               const std::string& mounted,
                                                                               const std::vector<ActionInput>& inputs);

// Several output files may lie in one directory, which is mounted for the first of them. Of the others that first one;
// null: `output` has a mount of its own.
const ActionOutput* sharing_host(const std::vector<ActionOutput>& outputs, const ActionOutput& output);

// Before such files part: where the one of `output` is a symlink, the file it leads to takes its place. `directory` is
// what they share. Errors as settle_output() has them.
Result<void> replace_link_by_file(const std::string& directory, const ActionOutput& output,
                                  const std::vector<ActionInput>& inputs);

}  // namespace boxcar
