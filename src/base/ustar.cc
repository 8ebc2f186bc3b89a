#include "base/ustar.h"

#include <fmt/format.h>

namespace boxcar {

std::string tar_header(std::string_view name, std::uint64_t size, unsigned mode) {
  std::string block(kTarBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) { block.replace(at, text.size(), text); };
  put(0, name);
  put(100, fmt::format("{:07o}", mode));
  for (const std::size_t id : {108, 116}) put(id, "0000000");
  if (size >> 33 == 0) {
    put(124, fmt::format("{:011o}", size));
  } else {  // base 256, as every tar reads it
    block[124] = static_cast<char>(0x80);
    for (std::size_t at = 135; size > 0; --at, size >>= 8) block[at] = static_cast<char>(size & 0xff);
  }
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  block[154] = '\0';
  return block;
}

std::string tar_of(const std::vector<TarMember>& members) {
  std::string out;
  for (const auto& member : members) {
    out += tar_header(member.name, member.content.size(), member.mode);
    out += member.content;
    out.resize((out.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
  }
  out.resize(out.size() + 2 * kTarBlock);
  return out;
}

}  // namespace boxcar
