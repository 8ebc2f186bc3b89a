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
  const auto& kind = kind_of(path);
  if (!kind && kind.error().kind == ErrorKind::NotFound) {
    say_missing(taker.takes() + ", but there is no " + in_quotes(path) + std::string(hint), spot);
  } else if (!kind) {
    spot.error(taker.takes() + ": " + kind.error().text());
  } else if (*kind != taker.kind) {
    spot.error(taker.takes() + ", but " + in_quotes(path) + " is a " + std::string(name_of(*kind)));
  } else {
    return path;
  }
  return std::nullopt;
}

void HostPaths::look(std::string_view text, std::string_view taker, const Spot& spot) {
  const auto path = absolute(text);
  const auto& kind = kind_of(path);
  if (kind) return;
  if (kind.error().kind == ErrorKind::NotFound) {
    say_missing(std::string(taker) + ": there is no " + in_quotes(path), spot);
  } else {
    spot.error(std::string(taker) + ": " + kind.error().text());
  }
}

const Result<PortKind>& HostPaths::kind_of(const std::string& path) {
  const auto known = kinds_.find(path);
  return known != kinds_.end() ? known->second : kinds_.emplace(path, context_.host_kind(path)).first->second;
}

void HostPaths::say_missing(const std::string& message, const Spot& spot) const {
  if (context_.inputs_may_be_missing) {
    spot.warn(message);
  } else {
    spot.error(message);
  }
}

}  // namespace boxcar
