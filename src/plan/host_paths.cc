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
  const auto& entry = entry_at(path);
  if (!entry && entry.error().kind == ErrorKind::NotFound) {
    say_of_host(taker.takes() + ", but there is no " + in_quotes(path) + std::string(hint), spot);
  } else if (!entry) {
    spot.error(taker.takes() + ": " + entry.error().text());
  } else if (entry->kind != taker.kind) {
    spot.error(taker.takes() + ", but " + in_quotes(path) + " is a " + std::string(name_of(entry->kind)));
  } else if (!entry->unreadable.empty()) {
    say_of_host(taker.takes() + ", but " + in_quotes(path) + " can't be read: " + entry->unreadable, spot);
  } else {
    return path;
  }
  return std::nullopt;
}

void HostPaths::look(std::string_view text, std::string_view taker, const Spot& spot) {
  const auto path = absolute(text);
  const auto& entry = entry_at(path);
  if (!entry && entry.error().kind == ErrorKind::NotFound) {
    say_of_host(std::string(taker) + ": there is no " + in_quotes(path), spot);
  } else if (!entry) {
    spot.error(std::string(taker) + ": " + entry.error().text());
  } else if (!entry->unreadable.empty()) {
    say_of_host(std::string(taker) + ": " + in_quotes(path) + " can't be read: " + entry->unreadable, spot);
  }
}

void HostPaths::say_of_host(const std::string& message, const Spot& spot) const {
  if (context_.inputs_may_be_missing) {
    spot.warn(message);
  } else {
    spot.error(message);
  }
}

const Result<HostEntry>& HostPaths::entry_at(const std::string& path) {
  const auto known = entries_.find(path);
  return known != entries_.end() ? known->second : entries_.emplace(path, context_.host_entry(path)).first->second;
}

}  // namespace boxcar
