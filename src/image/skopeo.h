// Images from elsewhere and to elsewhere, by the skopeo program.
#pragma once

#include <string>

#include "base/result.h"

namespace boxcar {

// `source` as skopeo writes it (docker://…, docker-daemon:…, containers-storage:…); `layout` is a directory that may
// hold blobs already: those are not fetched. Plain HTTP is spoken with registries on this machine only. NotFound: the
// source has no such image; Denied: it wants credentials; Unavailable: it can't be reached, or skopeo is not installed.
Result<void> fetch_to_layout(const std::string& source, const std::string& layout);

// From `source` into a Docker or Podman daemon, as `name` there. `host` as DOCKER_HOST has it. Errors likewise.
Result<void> copy_to_daemon(const std::string& source, const std::string& host, const std::string& name);

// The other way: `source` is what we wrote (oci:DIRECTORY, docker-archive:FILE), `destination` as skopeo writes it.
// What a registry gets is compressed. `scratch` is a directory for skopeo to work in. Errors as above.
Result<void> push_image(const std::string& source, const std::string& destination, const std::string& scratch);

}  // namespace boxcar
