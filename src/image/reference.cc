// Docker's names of images: [host[:port]/]path[:tag][@sha256:digest].
#include <algorithm>

#include "base/sha256.h"
#include "base/text.h"
#include "image/image_store.h"

namespace boxcar {

namespace {

bool lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool word_char(char c) {
  return lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

// Runs of a-z0-9 with one ".", one or two "_", or any number of "-" between them.
bool valid_component(std::string_view text) {
  if (text.empty() || !lower_or_digit(text.front()) || !lower_or_digit(text.back())) return false;
  for (std::size_t i = 0; i < text.size();) {
    if (lower_or_digit(text[i])) {
      ++i;
      continue;
    }
    const std::size_t end =
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(), lower_or_digit) - text.begin();
    const std::string_view separator = text.substr(i, end - i);
    const bool dashes = separator.find_first_not_of('-') == std::string_view::npos;
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    i = end;
  }
  return true;
}

bool valid_host(std::string_view text) {
  std::string_view port;
  bool has_port = false;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos && text.back() != ']') {
    port = text.substr(colon + 1);
    text = text.substr(0, colon);
    has_port = true;
  }
  if (has_port && (port.empty() || port.find_first_not_of("0123456789") != std::string_view::npos)) return false;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    return text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdefABCDEF:") == std::string_view::npos;
  }
  const auto fits = [](char c) { return word_char(c) ? c != '_' : (c == '.' || c == '-'); };
  return !text.empty() && text.front() != '.' && text.front() != '-' && text.back() != '.' && text.back() != '-' &&
         text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), fits);
}

bool valid_tag(std::string_view text) {
  const auto fits = [](char c) { return word_char(c) || c == '.' || c == '-'; };
  return !text.empty() && text.size() <= 128 && word_char(text.front()) && std::all_of(text.begin(), text.end(), fits);
}

bool is_host(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:[") != std::string_view::npos;
}

}  // namespace

Result<std::string> normalize_reference(const std::string& name) {
  const auto invalid = [&](const std::string& why) {
    return fail(ErrorKind::Invalid, in_quotes(name) + " is not an image name: " + why);
  };
  if (name.empty()) return invalid("it is empty");
  std::string_view rest = name;
  if (rest.front() == '/' || rest.front() == '.') {
    return invalid("a file or directory is named with docker-archive:, oci-archive: or oci: before it");
  }

  std::string digest;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view text = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (!text.starts_with("sha256:") || !Digest::parse(text.substr(7))) {
      return invalid("after '@' comes a digest, sha256: and 64 hexadecimal digits");
    }
    digest = "@sha256:" + Digest::parse(text.substr(7))->hex();
  }

  std::string tag;
  if (const auto colon = rest.rfind(':');
      colon != std::string_view::npos && (rest.rfind('/') == std::string_view::npos || colon > rest.rfind('/'))) {
    tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!valid_tag(tag))
      return invalid("the tag " + in_quotes(tag) + " may hold letters, digits, '_', '.' and '-', at most 128");
  }

  std::string host = "docker.io";
  if (const auto slash = rest.find('/'); slash != std::string_view::npos && is_host(rest.substr(0, slash))) {
    host = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
    if (!valid_host(host)) return invalid(in_quotes(host) + " is not a registry's host");
    if (host == "index.docker.io") host = "docker.io";
  }
  if (rest.empty()) return invalid("there is no name in it");
  for (const auto part : split(rest, '/')) {
    if (std::any_of(part.begin(), part.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      return invalid(in_quotes(part) + " has upper-case letters");
    }
    if (!valid_component(part)) {
      return invalid(in_quotes(part) +
                     " is not a part of a name, which is letters and digits with single '.', '_', '__' or '-' between");
    }
  }
  std::string path(rest);
  if (host == "docker.io" && path.find('/') == std::string::npos) path = "library/" + path;
  if (host.size() + 1 + path.size() > 255) return invalid("it is longer than 255 characters");
  // As docker pull does: where there is a digest, the tag says nothing more.
  if (!digest.empty()) return host + "/" + path + digest;
  return host + "/" + path + ":" + (tag.empty() ? "latest" : tag);
}

}  // namespace boxcar
