#include "image/skopeo_log.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <initializer_list>

#include "base/text.h"
#include "image/credentials.h"
#include "image/layout.h"

namespace boxcar {

namespace {

// The message of a line, without logrus' quotes.
std::string message_of(std::string_view line) {
  if (const auto at = line.find("msg=\""); at != std::string_view::npos) {
    line.remove_prefix(at + 5);
    if (line.ends_with('"')) line.remove_suffix(1);
  }
  std::string plain;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && (line[i + 1] == '"' || line[i + 1] == '\\')) ++i;
    plain += line[i];
  }
  return plain;
}

std::string last_message(const std::string& log) {
  std::string_view text = log;
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (const auto line = text.rfind('\n'); line != std::string_view::npos) text.remove_prefix(line + 1);
  return message_of(text);
}

// Of the last message with `before` in it, what follows that.
std::string last_after(const std::string& log, std::string_view before) {
  const auto at = log.rfind(before);
  if (at == std::string::npos) return "";
  const auto begin = at + before.size();
  std::string_view rest = std::string_view(log).substr(begin, log.find('\n', begin) - begin);
  if (rest.ends_with('"')) rest.remove_suffix(1);
  return message_of(rest);
}

bool any(const std::string& text, std::initializer_list<const char*> parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char* part) { return text.find(part) != std::string::npos; });
}

ErrorKind kind_of(const std::string& words) {
  std::string text = words;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (any(text, {"no space left", "quota exceeded", "too many open files"})) return ErrorKind::Exhausted;
  if (any(text, {"toomanyrequests", "too many requests", "no such host", "lookup "})) return ErrorKind::Unavailable;
  if (any(text, {"getting username and password"})) return ErrorKind::Denied;
  if (any(text, {"did not match", "does not match"})) return ErrorKind::Internal;
  if (any(text, {"fetching blob"})) return ErrorKind::Unavailable;  // the image is there, and its layer is not
  if (any(text, {"manifest unknown", "name unknown", "not found", "no such image", "does not exist",
                 "does not resolve to an image", "identifier is not an image", "no image found",
                 "choosing an image from manifest list"})) {
    return ErrorKind::NotFound;
  }
  if (any(text, {"unauthorized", "authentication required", "denied", "forbidden", "invalid username/password"}))
    return ErrorKind::Denied;
  return ErrorKind::Unavailable;
}

// "127.0.0.1:5000": the one that refused. With mirrors several were asked, each with a line of its own.
std::string refusing_registry(const std::string& log, const std::string& source) {
  std::string place = source.substr(std::string_view("docker://").size());
  for (const std::string_view line : lines(log)) {
    const std::string said = message_of(line);
    constexpr std::string_view kAccessing = "Accessing \"";
    if (said.starts_with(kAccessing) && kind_of(said) == ErrorKind::Denied) place = said.substr(kAccessing.size());
  }
  return place.substr(0, place.find('/'));
}

// Which credentials were not taken, and what to do. The registry's own words come last.
std::string login_advice(const std::string& log, const std::string& source, const AuthFile& auth,
                         const std::string& words) {
  const std::string registry = refusing_registry(log, source);
  const auto advice = [&](const char* keeps) {
    return "; 'boxcar image login " + printable(registry) + " -u USER --password-stdin' keeps " + keeps + " (" + words +
           ")";
  };
  const auto found = log.rfind("msg=\"Found credentials for " + registry);
  if (found == std::string::npos) {
    const bool elsewhere = !auth.registry.empty() && auth.registry != registry;
    return printable(registry) + " wants a login, and " +
           (elsewhere ? "the one that was given with the image is for " + printable(auth.registry)
                      : "there are no credentials for it") +
           advice("some");
  }
  const std::string line = log.substr(found, log.find('\n', found) - found);
  std::string from = last_after(line, " in file ");
  const auto helper = log.rfind("Looking up in credential helper ", found);
  const auto passed_over = log.rfind("No credentials matching ", found);
  if (from == kAuthPath) {
    from = auth.origin;
  } else if (helper != std::string::npos && (passed_over == std::string::npos || passed_over < helper)) {
    const std::string name = last_after(log.substr(0, found), "Looking up in credential helper ");
    from = "those of docker-credential-" + printable(name.substr(0, name.find(' ')));
  } else {
    from = "those in " + printable(from);
  }
  return printable(registry) + " does not take the credentials for it, " + from + advice("others");
}

// Without what skopeo says it was doing: it may name the source otherwise than it was asked for.
std::string without_doing(std::string words) {
  for (const std::string_view doing : {"initializing source ", "Error parsing image name "}) {
    if (const auto end = words.find(": "); words.starts_with(doing) && end != std::string::npos)
      words.erase(0, end + 2);
  }
  return words;
}

// "… Get "https://HOST/v2/": dial tcp …: REASON", of a host with which there was no connection. "": it is something
// else, or is said of several hosts.
std::string unreachable(const std::string& words) {
  constexpr std::string_view kDial = "\": dial tcp";
  constexpr std::string_view kScheme = "://";
  const auto dial = words.find(kDial);
  const auto scheme = words.rfind(kScheme, dial);
  if (dial == std::string::npos || scheme == std::string::npos || any(words, {"Mirrors also failed"})) return "";
  const auto host = scheme + kScheme.size();
  return words.substr(host, words.find_first_of("/\"", host) - host) + " could not be reached" +
         words.substr(words.rfind(": "));
}

}  // namespace

Error skopeo_error(const std::string& log, const std::string& source, const AuthFile& auth) {
  std::string words = without_doing(last_message(log));
  const ErrorKind kind = kind_of(words);
  if (auto said = unreachable(words); !said.empty()) words = std::move(said);
  words = printable(words, 600);
  if (words.empty()) words = "skopeo ended without a word";
  if (kind == ErrorKind::Internal) words = "it gave wrong bytes: " + words;
  if (kind == ErrorKind::Denied && source.starts_with("docker://") &&
      words.find("getting username and password") == std::string::npos) {
    words = login_advice(log, source, auth, words);
  }
  return Error{kind, words, {}};
}

Error skopeo_read_error(const std::string& log, const std::string& source, const AuthFile& auth) {
  Error error = skopeo_error(log, source, auth);
  if (error.kind == ErrorKind::NotFound) {
    const bool elsewhere = any(error.message, {"in manifest list for", "in image index for"});
    error.message = elsewhere ? "it is not for this machine, linux/" + machine_architecture() : "not there";
  }
  return error;
}

std::optional<long> throttled(const std::string& log) {
  const std::string words = last_message(log);
  const std::string before = ": sleeping for ";
  const auto at = words.find(before);
  if (!words.starts_with("Too many requests to ") || at == std::string::npos) return std::nullopt;
  return std::strtol(words.c_str() + at + before.size(), nullptr, 10);
}

}  // namespace boxcar
