// What skopeo --debug says on stderr, lines of logrus: time="…" level=debug msg="…".
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "image/credentials.h"

namespace boxcar {

// Its last words as an error. NotFound: the source has no such image; Denied: it wants credentials or doesn't take
// those that skopeo had, of which `auth` are those that it was given (empty: skopeo found them by itself);
// Internal: what came is not what its digest says; Exhausted; else Unavailable.
Error skopeo_error(const std::string& log, const std::string& source, const AuthFile& auth);
// The same where an image was asked for. NotFound says "not there", or that it is for other platforms only.
Error skopeo_read_error(const std::string& log, const std::string& source, const AuthFile& auth);

// For how many seconds it now waits because the registry had too many requests; none when it doesn't.
std::optional<long> throttled(const std::string& log);

}  // namespace boxcar
