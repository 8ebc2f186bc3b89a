// What images an OCI layout or a `docker save` archive holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/blob_stream.h"
#include "image/members.h"
#include "model/image.h"

namespace boxcar {

struct FoundImage {
  std::vector<std::string> names;  // normalised, as the source gives them; may be none
  Image image;                     // identity set, reference not
  std::string config;              // the document
  std::vector<Blob> blobs;         // one a layer, as image.layers
  std::string docker_id;           // found by its name in Docker: what that was to it; else ""
};

// `wanted`: the image of that ref.name, "" for all. Of a multi-platform image this machine's platform is taken. A
// ref.name that is only a tag is put to the name `called` ("" when there is none). Invalid: a faulty document, named;
// NotFound: nothing of that name, or nothing for this machine, with what there is.
Result<std::vector<FoundImage>> read_oci_layout(const Members& members, const std::string& wanted,
                                                const std::string& called);
// `wanted`: a name in the archive or @INDEX.
Result<std::vector<FoundImage>> read_docker_archive(const Members& members, const std::string& wanted);

// A manifest as a registry gives it.
struct Manifest {
  std::optional<Digest> chosen;  // of an index: the manifest for this machine, and no layers
  struct Layer {
    Digest blob;
    std::uint64_t bytes = 0;
  };
  std::vector<Layer> layers;  // lowest first
};
// Errors as above. `what` is named in them.
Result<Manifest> read_manifest(const std::string& text, const std::string& what);

std::string machine_architecture();  // as images name it: amd64, arm64, …

}  // namespace boxcar
