#include "engine/docker_log.h"

#include <gtest/gtest.h>

#include <string>

namespace boxcar {
namespace {

using namespace std::string_literals;

TEST(DockerLog, FramesComeInAnyPieces) {
  const std::string bytes = "\1\0\0\0\0\0\0\5hello\2\0\0\0\0\0\0\3err\0\0\0\0\0\0\0\2in"s;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    DockerLog log;
    std::string out, err;
    for (std::size_t i = 0; i < bytes.size(); i += piece)
      log.feed(std::string_view(bytes).substr(i, piece),
               [&](Stream stream, std::string_view text) { (stream == Stream::Err ? err : out) += text; });
    EXPECT_EQ(out, "helloin");
    EXPECT_EQ(err, "err");
  }
}

TEST(DockerLog, WhatIsNoFrameIsNoOutput) {
  DockerLog log;
  std::string text;
  log.feed("\1\0\0\0\0\0\0\2hi{\"message\":\"no such container\"}"s,
           [&](Stream, std::string_view part) { text += part; });
  EXPECT_EQ(text, "hi");
}

}  // namespace
}  // namespace boxcar
