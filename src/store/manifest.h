// manifest.json: what a result says of itself, for people, for --explain, and for an index that lost it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/action.h"
#include "plan/outcome.h"
#include "store/record.h"

namespace boxcar {

struct PortSize {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};

std::string manifest_json(const Action& action, const Record& record, const std::vector<PortSize>& sizes,
                          const Ending& ending);

// The record that a manifest gives, without stat records. Invalid when it is no manifest of ours.
Result<Record> read_manifest(std::string_view json);
Result<std::vector<KeyField>> read_manifest_fields(std::string_view json);

inline constexpr std::size_t kMostManifest = std::size_t{64} << 20;  // bytes

}  // namespace boxcar
