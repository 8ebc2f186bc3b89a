// Scale rules, which Kaapana's documents and boxcar.yml write alike. Internal to the readers.
#pragma once

#include <optional>

#include "model/tool.h"
#include "spec/fields.h"

namespace boxcar {

// {scale_factor, type, mode, target_dir, target_regex, target_glob}. None, with a finding, when it is no mapping.
std::optional<ScaleRule> read_scale_rule(const Node& node, Subject subject, Unknown unknown, Report& report);

}  // namespace boxcar
