// Users and passwords of registries, and how skopeo comes by them: never as an argument, never on a disk.
#pragma once

#include <optional>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace boxcar {

// For a registry ("": the image's own), as whoever asks for an image gives them: they come before all others for it.
struct Credentials {
  std::string registry;  // "host", "host:port", or with "https://" before it and a path behind
  std::string user;
  std::string password;
};

// A file of credentials in memory, in the form of containers-auth.json(5): to be some program's standard input, which
// opens it as kAuthPath. It is gone with the last process that holds it.
struct AuthFile {
  UniqueFd file;         // none: what skopeo finds by itself will do
  std::string origin;    // where its credentials come from, for messages: "the credential store docker-credential-pass"
  std::string registry;  // that they were given for; "" where nobody gave any
};
inline constexpr const char* kAuthPath = "/proc/self/fd/0";

// skopeo looks in login_file(), ~/.config/containers/auth.json and Docker's config.json, and asks the helpers that are
// named there for one registry (credHelpers). It knows nothing of `given`, nor of Docker's store for all registries
// (credsStore), which is asked for `registry` here when nobody else has credentials for it. Denied: the store fails.
Result<AuthFile> auth_file_for(const std::string& registry, const std::optional<Credentials>& given);

// Where `boxcar image login` keeps what it is given: $REGISTRY_AUTH_FILE, $XDG_RUNTIME_DIR/containers/auth.json, of
// root /run/containers/0/auth.json, else ~/.config/containers/auth.json. Podman, buildah and skopeo read it too.
std::string login_file();

}  // namespace boxcar
