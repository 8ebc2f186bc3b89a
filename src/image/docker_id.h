// Which image the local Docker means by a name.
#pragma once

#include <string>

namespace boxcar {

// "sha256:…"; "" where it has none of that name, or where no Docker answers within two seconds.
std::string id_in_docker(const std::string& reference);

}  // namespace boxcar
