#include "image/found_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/fd.h"
#include "fakes/temporary_directory.h"

namespace boxcar {
namespace {

TEST(FoundFiles, KnowsWhatDoesNotChangeAndNothingElse) {
  const TemporaryDirectory directory;
  const FoundFiles found(directory / "images");
  EXPECT_FALSE(found.find("sha256:a", "/kliko.yml", 100)) << "nobody told it";

  const std::string binary("io: split\n\0\xff", 12);
  found.keep("sha256:a", "/kliko.yml", 100, binary);
  EXPECT_EQ(found.find("sha256:a", "/kliko.yml", 100)->value(), binary);
  found.keep("sha256:b", "/kliko.yml", 100, std::string());
  EXPECT_EQ(found.find("sha256:b", "/kliko.yml", 100)->value(), "");
  for (const auto& [image, path, limit] :
       {std::tuple("sha256:a", "/kliko", 100), std::tuple("sha256:c", "/kliko.yml", 100),
        std::tuple("sha256:a", "/kliko.yml", 0)}) {
    EXPECT_FALSE(found.find(image, path, static_cast<std::size_t>(limit))) << image << path << limit;
  }

  for (const auto kind : {ErrorKind::NotFound, ErrorKind::Invalid, ErrorKind::Exhausted}) {
    found.keep("sha256:a", "/none", 1, fail(kind, "so it is"));
    EXPECT_EQ(found.find("sha256:a", "/none", 1)->error().kind, kind);
    EXPECT_EQ(found.find("sha256:a", "/none", 1)->error().message, "so it is");
  }
  found.keep("sha256:a", "/later", 1, fail(ErrorKind::Unavailable, "the daemon is gone"));
  EXPECT_FALSE(found.find("sha256:a", "/later", 1));
}

TEST(FoundFiles, WhatIsNotWholeCountsAsNone) {
  const TemporaryDirectory directory;
  const FoundFiles found(directory / "images");
  found.keep("sha256:a", "/kliko.yml", 100, std::string("io: split"));
  const std::string file = std::filesystem::directory_iterator(directory / "images")->path();
  const std::string whole = read_file(file).value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_TRUE(write_file(file, whole.substr(0, size)));
    EXPECT_FALSE(found.find("sha256:a", "/kliko.yml", 100)) << size;
  }
  ASSERT_TRUE(write_file(file, whole + "!"));
  EXPECT_FALSE(found.find("sha256:a", "/kliko.yml", 100));
}

TEST(FoundFiles, AnUnusableDirectoryIsNoTrouble) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(write_file(directory / "file", ""));
  const FoundFiles found(directory / "file/images");
  found.keep("sha256:a", "/kliko.yml", 100, std::string("io: split"));
  EXPECT_FALSE(found.find("sha256:a", "/kliko.yml", 100));
}

}  // namespace
}  // namespace boxcar
