// What is known of an image once it is resolved. The same on every engine.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/sha256.h"

namespace boxcar {

struct Image {
  // SHA-256 over "boxcar-image-1\n<os>/<architecture>[/<variant>]\n" and one line "sha256:<hex>" a layer: platform and
  // the ordered diff_ids, so that an image has one identity however it came here (its config digest changes between
  // Docker and OCI layouts, its layers do not).
  Digest identity;
  std::string reference;  // as the user named it, normalised: "docker.io/kliko/simms:latest"
  std::string os = "linux";
  std::string architecture;
  std::string variant;
  std::vector<Digest> layers;    // diff_ids, lowest first
  Digest config;                 // of the configuration it came with, which the store keeps; Docker's image id
  std::vector<std::string> env;  // "NAME=value"
  std::string user;              // "", "1000", "1000:1000", "name", "name:group"
  std::string working_dir;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::map<std::string, std::string> labels;

  std::string platform() const { return os + "/" + architecture + (variant.empty() ? "" : "/" + variant); }
};

Digest image_identity(const Image& image);  // from platform and layers

}  // namespace boxcar
