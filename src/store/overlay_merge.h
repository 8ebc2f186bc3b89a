// From an overlay's two halves one whole tree: what a step that works in place leaves as its result.
#pragma once

#include <string>

#include "base/result.h"
#include "base/tree_digest.h"

namespace boxcar {

// Fills `upper`, the upper directory of an unmounted overlay, with all that shows through from `lower`, and takes
// the overlay's marks (whiteouts, opaque and redirected directories) out of it.
// `lower_is_result`: its files are read-only, and may be hard links instead of copies. `known` are its entries then (of
// the same root as `lower`); what is given back is those of `upper` that are links to them, with their digests.
Result<TreeDigest> merge_overlay(const std::string& upper, const std::string& lower, bool lower_is_result,
                                 const std::vector<TreeEntry>& known);

}  // namespace boxcar
