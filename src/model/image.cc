#include "model/image.h"

namespace boxcar {

Digest image_identity(const Image& image) {
  Sha256 hash;
  hash.update("boxcar-image-1\n" + image.platform() + "\n");
  for (const auto& layer : image.layers) hash.update("sha256:" + layer.hex() + "\n");
  return hash.finish();
}

}  // namespace boxcar
