// Numbers of JSON documents that anybody may have written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace boxcar {

// Throws the library's type_error unless it is written as an integer. Its own get<>() takes 1e26 too, whose conversion
// is undefined.
inline std::int64_t whole(const nlohmann::json& number) {
  return number.get_ref<const nlohmann::json::number_integer_t&>();
}

}  // namespace boxcar
