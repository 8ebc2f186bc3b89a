// SHA-256, the only digest boxcar names things by.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct SHA256state_st;  // OpenSSL's, whose headers stay in the .cc file

namespace boxcar {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  std::string hex() const;                                   // 64 characters, lower case
  std::string short_hex() const;                             // the first 12 of them, as directories are named
  static std::optional<Digest> parse(std::string_view hex);  // exactly 64 hex digits, either case
  bool is_zero() const { return *this == Digest{}; }

  friend bool operator==(const Digest&, const Digest&) = default;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// Incremental. Reusable after finish(). Not thread-safe; one a thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view data);
  Digest finish();  // and starts anew

 private:
  std::unique_ptr<SHA256state_st> state_;
};

Digest sha256(std::string_view data);

}  // namespace boxcar

template <>
struct std::hash<boxcar::Digest> {
  std::size_t operator()(const boxcar::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest.bytes[i];
    return value;
  }
};
