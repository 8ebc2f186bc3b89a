// Where ports lie in a container, as far as the formats agree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/tool.h"
#include "spec/fields.h"

namespace boxcar {

enum class PathEnd {
  Plain,         // no slash
  Slash,         // may be one, which means something
  SlashDropped,  // may be one, which means nothing
};

// A path in the container: absolute, below the root, without ".", ".." and empty parts. None: absent, or wrong and
// reported, with how to write it where that is clear.
std::optional<std::string> read_container_path(const Fields& fields, std::string_view key, PathEnd end);

// Where the ports of a tool lie, which `noun` is the format's word for. Every port is a mount of its own, so none may
// lie within another; but several output files may share a directory. Nor may one lie where the container has what the
// kernel or the engine puts there. Warned of is what hides programs of the image. Each at its port's place.
void check_places(const Tool& tool, std::string_view noun, Report& report);

}  // namespace boxcar
