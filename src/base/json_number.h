// Numbers of JSON documents that anybody may have written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace boxcar {

// Both throw the library's type_error unless it is written as an integer, count() also where that is negative: of what
// was parsed. The library's own get<>() takes 1e26 too, whose conversion is undefined.
inline std::int64_t whole(const nlohmann::json& number) {
  return number.get_ref<const nlohmann::json::number_integer_t&>();
}
inline std::uint64_t count(const nlohmann::json& number) {
  return number.get_ref<const nlohmann::json::number_unsigned_t&>();
}

}  // namespace boxcar
