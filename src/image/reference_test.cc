#include <gtest/gtest.h>

#include "image/image_source.h"
#include "image/image_store.h"

namespace boxcar {
namespace {

const std::string kHex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(Reference, IsCompleted) {
  const std::pair<std::string, std::string> cases[] = {
      {"busybox", "docker.io/library/busybox:latest"},
      {"bar/a", "docker.io/bar/a:latest"},
      {"bar/a:1.0", "docker.io/bar/a:1.0"},
      {"index.docker.io/bar/a", "docker.io/bar/a:latest"},
      {"docker.io/busybox", "docker.io/library/busybox:latest"},
      {"localhost/a", "localhost/a:latest"},
      {"localhost:5000/a/b/c:x", "localhost:5000/a/b/c:x"},
      {"quay.io/a__b/c-d.e:V_1", "quay.io/a__b/c-d.e:V_1"},
      {"Host.org/a", "Host.org/a:latest"},
      {"[::1]:5000/a", "[::1]:5000/a:latest"},
      {"a@sha256:" + kHex, "docker.io/library/a@sha256:" + kHex},
      {"a:tag@sha256:" + kHex, "docker.io/library/a@sha256:" + kHex},
  };
  for (const auto& [name, full] : cases) {
    const auto result = normalize_reference(name);
    ASSERT_TRUE(result) << name << ": " << result.error().text();
    EXPECT_EQ(*result, full);
    EXPECT_EQ(normalize_reference(full).value_or(""), full) << "a full name stays as it is";
  }
}

TEST(Reference, SaysWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"Busybox", "upper-case"},
      {"Bar/a", "upper-case"},
      {"a b", "not a part of a name"},
      {"a/../b", "not a part of a name"},
      {"a//b", "not a part of a name"},
      {"-a", "not a part of a name"},
      {"a___b", "not a part of a name"},
      {"a:", "tag"},
      {"a:-x", "tag"},
      {"a:" + std::string(129, 'x'), "tag"},
      {"a@sha256:12", "64 hexadecimal"},
      {"a@md5:" + kHex, "64 hexadecimal"},
      {"/etc/passwd", "oci:"},
      {"./image.tar", "oci:"},
      {"host..x/a", "not a registry's host"},
      {"host:port/a", "not a registry's host"},
      {"localhost/", "no name"},
      {std::string(300, 'a'), "255"},
      {std::string("a\nb"), "a\\nb"},
  };
  for (const auto& [name, what] : cases) {
    const auto result = normalize_reference(name);
    ASSERT_FALSE(result) << name << " became " << *result;
    EXPECT_EQ(result.error().kind, ErrorKind::Invalid);
    EXPECT_NE(result.error().message.find(what), std::string::npos) << result.error().message;
  }
}

TEST(ImageSource, IsReadInParts) {
  const auto oci = parse_image_source("oci:/no/such:tag");
  ASSERT_TRUE(oci);
  EXPECT_EQ(oci->path, "/no/such");
  EXPECT_EQ(oci->name, "tag");
  EXPECT_EQ(oci->stamp, "");
  const auto existing = parse_image_source("docker-archive:/proc/self/status:bar/a:1");
  ASSERT_TRUE(existing);
  EXPECT_EQ(existing->path, "/proc/self/status");
  EXPECT_EQ(existing->name, "bar/a:1");
  EXPECT_NE(existing->stamp, "");
  EXPECT_EQ(parse_image_source("docker://bar/a")->text, "docker://docker.io/bar/a:latest");
  EXPECT_EQ(parse_image_source("docker-daemon:sha256:" + kHex)->name, "sha256:" + kHex);
  EXPECT_EQ(parse_image_source("bar/a:1")->kind, ImageSource::Kind::Plain);
  for (const char* bad : {"oci:", "docker://", "docker-daemon:A", "oci::"})
    EXPECT_FALSE(parse_image_source(bad)) << bad;
}

}  // namespace
}  // namespace boxcar
