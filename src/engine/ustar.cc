#include "engine/ustar.h"

#include <fmt/format.h>

namespace boxcar {

std::string tar_of(const std::vector<TarMember>& members) {
  constexpr std::size_t block = 512;
  std::string out;
  for (const auto& member : members) {
    std::string header(block, '\0');
    const auto put = [&](std::size_t at, std::string_view text) { header.replace(at, text.size(), text); };
    put(0, member.name);
    put(100, fmt::format("{:07o}", member.mode));
    for (const std::size_t id : {108, 116}) put(id, "0000000");
    put(124, fmt::format("{:011o}", member.content.size()));
    put(136, "00000000000");
    put(148, "        ");
    put(156, "0");
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, fmt::format("{:06o}", sum));
    header[154] = '\0';
    out += header;
    out += member.content;
    out.resize((out.size() + block - 1) / block * block);
  }
  out.resize(out.size() + 2 * block);
  return out;
}

}  // namespace boxcar
