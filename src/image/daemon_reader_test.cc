#include "image/daemon_reader.h"

#include <gtest/gtest.h>

#include "base/ustar.h"

namespace boxcar {
namespace {

TEST(DaemonReader, TakesTheFirstFileOfATar) {
  EXPECT_EQ(first_file_of(tar_of({{"kliko.yml", "schema_version: 4"}, {"other", "x"}})).value(), "schema_version: 4");
  EXPECT_EQ(first_file_of(tar_of({{"empty", ""}})).value(), "");
}

TEST(DaemonReader, MakesNoRoomForWhatATarOnlySaysThatItHolds) {
  const std::string huge = tar_header("kliko.yml", std::uint64_t{8} << 30) + std::string(4 * kTarBlock, 'x');
  EXPECT_EQ(first_file_of(huge).error().message, "it is shorter than the file that it says it holds");
  const std::string cut = tar_header("kliko.yml", 2 * kTarBlock) + std::string(kTarBlock + 100, 'x');
  EXPECT_EQ(first_file_of(cut).error().kind, ErrorKind::Unavailable);
  for (const char* text : {"", "no tar"}) EXPECT_EQ(first_file_of(text).error().kind, ErrorKind::Unavailable) << text;
}

}  // namespace
}  // namespace boxcar
