#include "image/image_source.h"

#include <sys/stat.h>

#include <array>

#include "base/fd.h"
#include "base/text.h"
#include "image/image_store.h"

namespace boxcar {

namespace {

struct Prefix {
  std::string_view text;
  ImageSource::Kind kind;
};

constexpr std::array<Prefix, 6> kPrefixes = {{{"oci:", ImageSource::Kind::OciDirectory},
                                              {"oci-archive:", ImageSource::Kind::OciArchive},
                                              {"docker-archive:", ImageSource::Kind::DockerArchive},
                                              {"docker-daemon:", ImageSource::Kind::DockerDaemon},
                                              {"containers-storage:", ImageSource::Kind::ContainersStorage},
                                              {"docker://", ImageSource::Kind::Registry}}};

// PATH[:NAME]: either may hold colons, so the longest part that exists is the path; where none does, it ends at the
// first colon.
void split_path(const std::string& rest, ImageSource& source) {
  std::size_t end = rest.size();
  while (end != std::string::npos && end > 0 && !exists(rest.substr(0, end))) end = rest.rfind(':', end - 1);
  if (end == std::string::npos || end == 0) end = std::min(rest.find(':'), rest.size());
  source.path = absolute_path(rest.substr(0, end), current_directory());
  if (end < rest.size()) source.name = rest.substr(end + 1);
}

std::string stamp_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  return std::to_string(info.st_dev) + "-" + std::to_string(info.st_ino) + "-" + std::to_string(info.st_size) + "-" +
         std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + "-" +
         std::to_string(info.st_ctim.tv_sec) + "." + std::to_string(info.st_ctim.tv_nsec);
}

}  // namespace

Result<ImageSource> parse_image_source(const std::string& text) {
  for (const Prefix& prefix : kPrefixes) {
    if (!text.starts_with(prefix.text)) continue;
    const std::string rest = text.substr(prefix.text.size());
    if (rest.empty() || rest == ":") {
      return fail(ErrorKind::Invalid, in_quotes(text) + " says nothing after '" + std::string(prefix.text) + "'");
    }
    ImageSource source;
    source.kind = prefix.kind;
    if (source.is_file()) {
      split_path(rest, source);
      source.stamp =
          stamp_of(source.kind == ImageSource::Kind::OciDirectory ? source.path + "/index.json" : source.path);
      source.text = std::string(prefix.text) + source.path + (source.name.empty() ? "" : ":" + source.name);
      return source;
    }
    source.name = rest;
    // Podman's names have more forms than Docker's, and Docker also knows images by their id.
    if (source.kind != ImageSource::Kind::ContainersStorage && !rest.starts_with("sha256:")) {
      TRY(source.name, normalize_reference(rest));
    }
    source.text = std::string(prefix.text) + source.name;
    return source;
  }
  ImageSource plain;
  plain.text = plain.name = text;
  return plain;
}

Result<ImageSource> image_source_of_path(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return fail(ErrorKind::Invalid,
                in_quotes(path) + " is neither a file nor a source of images: docker-archive:FILE, oci:DIRECTORY, " +
                    "oci-archive:FILE, docker-daemon:NAME, containers-storage:NAME or docker://NAME");
  }
  return parse_image_source((S_ISDIR(info.st_mode) ? "oci:" : "docker-archive:") + path);
}

}  // namespace boxcar
