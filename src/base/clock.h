// Times and durations, as text and back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace boxcar {

using Seconds = std::chrono::duration<double>;

// So that any moment of now with it is a number of nanoseconds.
inline constexpr Seconds kLongestDuration{86400.0 * 36500};

std::int64_t now_micros();                  // since 1970, UTC
std::string iso_time(std::int64_t micros);  // 2026-11-22T14:19:30.123456Z
// "90", "90s", "30m", "1.5h", "1d", "2w": a number and a unit, seconds without one. None when it is not that, or
// negative, or longer than kLongestDuration.
std::optional<Seconds> parse_duration(std::string_view text);
std::string human_duration(double seconds);    // 0.4s, 12s, 3m05s, 2h10m
std::string human_bytes(std::uint64_t bytes);  // 512 B, 1.4 GiB
// Kubernetes' quantities: "2", "500m", "1.5", "2Gi", "100M", "1e3". In units (bytes, cores). None when malformed or
// negative.
std::optional<double> parse_quantity(std::string_view text);
std::string quantity(std::uint64_t bytes);  // as it may be written: 32M, 50Mi, 1500k; what is none of these in bytes

}  // namespace boxcar
