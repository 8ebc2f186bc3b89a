#include "model/image.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

TEST(Image, IdentityIsPlatformAndOrderedLayers) {
  Image image;
  image.architecture = "arm64";
  image.variant = "v8";
  image.layers = {sha256("one"), sha256("two")};
  const auto identity = image_identity(image);
  EXPECT_EQ(identity, sha256("boxcar-image-1\nlinux/arm64/v8\nsha256:" + sha256("one").hex() +
                             "\nsha256:" + sha256("two").hex() + "\n"));

  auto other = image;
  other.reference = "docker.io/x/y:latest";
  other.env = {"A=b"};
  EXPECT_EQ(image_identity(other), identity);
  std::swap(other.layers[0], other.layers[1]);
  EXPECT_NE(image_identity(other), identity);
}

}  // namespace
}  // namespace boxcar
