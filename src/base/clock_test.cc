#include "base/clock.h"

#include <gtest/gtest.h>

namespace boxcar {
namespace {

TEST(Clock, ReadsDurations) {
  EXPECT_EQ(parse_duration("90")->count(), 90);
  EXPECT_EQ(parse_duration("1.5h")->count(), 5400);
  EXPECT_EQ(parse_duration("250ms")->count(), 0.25);
  EXPECT_EQ(parse_duration("2w")->count(), 1209600);
  for (const char* wrong : {"", "h", "-1s", "1 h", "1y", "inf", "0x10", "1e3s", "36501d", "99999999999999"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  EXPECT_EQ(parse_duration("36500d")->count(), 36500 * 86400.0);
}

TEST(Clock, ReadsQuantities) {
  EXPECT_EQ(parse_quantity("500m"), 0.5);
  EXPECT_EQ(parse_quantity("2Gi"), 2147483648.0);
  EXPECT_EQ(parse_quantity("100M"), 1e8);
  EXPECT_EQ(parse_quantity("2k"), 2000.0);
  EXPECT_EQ(parse_quantity("3T"), 3e12);
  EXPECT_EQ(parse_quantity("1P"), 1e15);
  EXPECT_EQ(parse_quantity("1E"), 1e18);
  EXPECT_EQ(parse_quantity("1Ki"), 1024.0);
  EXPECT_EQ(parse_quantity("1Ti"), 0x1p40);
  EXPECT_EQ(parse_quantity("1Ei"), 0x1p60);
  for (const char* thousand : {"1e3", "1E3", "1000", "+1000", "10000e-1"}) EXPECT_EQ(parse_quantity(thousand), 1000.0);
  for (const char* wrong : {"", "Gi", "-1", "-1Gi", "50MiB", "1e3Ki", "+-1", "inf", "nan", "0x10", "1 Gi", "1K"})
    EXPECT_FALSE(parse_quantity(wrong)) << wrong;
}

TEST(Clock, WritesTimesForPeopleAndPrograms) {
  EXPECT_EQ(iso_time(1795357170123456), "2026-11-22T14:19:30.123456Z");
  EXPECT_EQ(iso_time(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(human_duration(0.05), "50ms");
  EXPECT_EQ(human_duration(59.6), "1m00s");
  EXPECT_EQ(human_duration(7800), "2h10m");
  EXPECT_EQ(human_bytes(512), "512 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(std::uint64_t{1} << 40), "1.0 TiB");
}

TEST(Quantity, IsWrittenAsItMayBeRead) {
  EXPECT_EQ(quantity(32'000'000), "32M");
  EXPECT_EQ(quantity(std::uint64_t{50} << 20), "50Mi");
  EXPECT_EQ(quantity(std::uint64_t{2} << 30), "2Gi");
  EXPECT_EQ(quantity(1'500'000), "1500k");
  EXPECT_EQ(quantity(1'234'567), "1234567");
  EXPECT_EQ(quantity(0), "0");
}

}  // namespace
}  // namespace boxcar
