#include "plan/host_paths.h"

#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

std::string HostPaths::absolute(std::string_view text, Origin origin) const {
  if (text == "~" || text.starts_with("~/")) return absolute_path("." + std::string(text.substr(1)), context_.home);
  return absolute_path(text, origin == Origin::Caller ? caller_directory_ : directory_);
}

std::optional<std::string> HostPaths::find(std::string_view text, Origin origin, const Taker& taker, const Spot& spot,
                                           std::string_view hint) {
  if (text.empty()) {
    spot.error(taker.takes() + ", but its path is empty");
    return std::nullopt;
  }
  const auto path = absolute(text, origin);
  auto known = kinds_.find(path);
  if (known == kinds_.end()) known = kinds_.emplace(path, context_.host_kind(path)).first;
  const auto& kind = known->second;
  if (!kind && kind.error().kind == ErrorKind::NotFound) {
    spot.error(taker.takes() + ", but there is no " + in_quotes(path) + std::string(hint));
  } else if (!kind) {
    spot.error(taker.takes() + ": " + kind.error().text());
  } else if (*kind != taker.kind) {
    spot.error(taker.takes() + ", but " + in_quotes(path) + " is a " + std::string(name_of(*kind)));
  } else {
    return path;
  }
  return std::nullopt;
}

}  // namespace boxcar
