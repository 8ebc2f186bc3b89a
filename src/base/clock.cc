#include "base/clock.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <utility>

namespace boxcar {

namespace {

struct NumberAndUnit {
  double number;
  std::string_view unit;
};

std::optional<NumberAndUnit> split(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  return NumberAndUnit{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

}  // namespace

std::int64_t now_micros() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string iso_time(std::int64_t micros) {
  const std::time_t seconds = static_cast<std::time_t>(micros / 1000000 - (micros % 1000000 < 0 ? 1 : 0));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, micros - static_cast<std::int64_t>(seconds) * 1000000);
}

std::optional<Seconds> parse_duration(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  static constexpr std::array<std::pair<std::string_view, double>, 7> units{
      {{"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}}};
  for (const auto& [unit, seconds] : units) {
    if (parts->unit != unit) continue;
    const Seconds all(parts->number * seconds);
    return all <= kLongestDuration ? std::optional(all) : std::nullopt;
  }
  return std::nullopt;
}

std::string human_duration(double seconds) {
  if (seconds < 0.0995) return fmt::format("{:.0f}ms", seconds * 1000);
  if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::array<const char*, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  return value < 10 ? fmt::format("{:.1f} {}", value, units[unit]) : fmt::format("{:.0f} {}", value, units[unit]);
}

std::string quantity(std::uint64_t bytes) {
  static constexpr std::array<const char*, 4> binary{"", "Ki", "Mi", "Gi"};
  static constexpr std::array<const char*, 4> decimal{"", "k", "M", "G"};
  const auto shortest = [bytes](std::uint64_t step, const std::array<const char*, 4>& units) {
    std::uint64_t value = bytes;
    std::size_t unit = 0;
    for (; unit + 1 < units.size() && value != 0 && value % step == 0; ++unit) value /= step;
    return std::to_string(value) + units[unit];
  };
  const std::string in_binary = shortest(1024, binary);
  const std::string in_decimal = shortest(1000, decimal);
  return in_decimal.size() < in_binary.size() ? in_decimal : in_binary;
}

std::optional<double> parse_quantity(std::string_view text) {
  // The suffixes of Kubernetes' resource.Quantity; "B" and the like are not among them.
  double number = 0;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
  const auto digits = static_cast<std::size_t>(end - text.data());
  const std::string_view unit = text.substr(digits);
  if (!unit.empty() && text.substr(0, digits).find_first_of("eE") != std::string_view::npos) return std::nullopt;
  static constexpr std::array<std::pair<std::string_view, double>, 16> units{{{"", 1},
                                                                              {"n", 1e-9},
                                                                              {"u", 1e-6},
                                                                              {"m", 1e-3},
                                                                              {"k", 1e3},
                                                                              {"M", 1e6},
                                                                              {"G", 1e9},
                                                                              {"T", 1e12},
                                                                              {"P", 1e15},
                                                                              {"E", 1e18},
                                                                              {"Ki", 0x1p10},
                                                                              {"Mi", 0x1p20},
                                                                              {"Gi", 0x1p30},
                                                                              {"Ti", 0x1p40},
                                                                              {"Pi", 0x1p50},
                                                                              {"Ei", 0x1p60}}};
  for (const auto& [suffix, factor] : units) {
    if (unit == suffix) return number * factor;
  }
  return std::nullopt;
}

}  // namespace boxcar
