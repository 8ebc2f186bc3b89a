// What the skopeo program does for us: images from elsewhere and to elsewhere, logging in to registries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/credentials.h"
#include "image/images.h"

namespace boxcar {

// The environment for skopeo and Podman in a user namespace: they must not think that they are root, and look for
// root's containers and passwords. The variables are how Podman says so to itself.
std::vector<std::string> rootless_environment();

// With which credentials to fetch (none: those that auth_file_for() finds), and who is told of it.
struct Fetch {
  std::optional<Credentials> credentials;
  Progress progress;
};

// Fetches `source`, as skopeo writes it (docker://…, docker-daemon:…, containers-storage:…), into an OCI layout, a
// directory that may hold blobs already: those are not fetched, and what came whole stays there when it fails. A
// transfer that broke under way is tried again a few times. Plain HTTP is spoken with registries on this machine only;
// otherwise containers-registries.conf(5) counts. NotFound: the source has no such image; Denied: it wants credentials,
// or other ones; Internal: it gave wrong bytes; Unavailable: it can't be reached, nothing came for long
// (transfer_watch.h), or skopeo is not installed.
Result<void> fetch_to_layout(const std::string& source, const std::string& layout, const Fetch& fetch);

// The manifest or index of an image in a registry, as it is there. Errors as above.
Result<std::string> fetch_manifest(const std::string& source, const Fetch& fetch);

// Tries them at the registry, and keeps them in login_file(). `password` is open for reading: its lines are joined.
// Denied: the registry does not take them. NotFound of log_out: there are none.
Result<void> log_in(const std::string& registry, const std::string& user, int password);
Result<void> log_out(const std::string& registry);

// The other way: `source` is what we wrote (oci:DIRECTORY, docker-archive:FILE), `destination` as skopeo writes it.
// What a registry gets is compressed. `scratch` is a directory for skopeo to work in. Errors as above.
Result<void> push_image(const std::string& source, const std::string& destination, const std::string& scratch);

}  // namespace boxcar
