#include "store/layout.h"

#include <fmt/core.h>

namespace boxcar {

std::string port_folder(std::string_view port) {
  const bool taken = port == kManifestFile || port == kParametersFile || port == kLogFile;
  if (!taken && !port.starts_with('.') && !port.starts_with('%')) return std::string(port);
  return fmt::format("%{:02x}{}", static_cast<unsigned char>(port.front()), port.substr(1));
}

}  // namespace boxcar
