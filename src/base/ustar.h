// Writing ustar archives (POSIX.1-1988) of plain files, of which only names and bytes count. libarchive's writer would
// come with every format that it knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

inline constexpr std::size_t kTarBlock = 512;  // what contents are padded to with NULs; two empty ones end an archive

// The block before a file's bytes: root's, and of 1970. `name` has at most 100 bytes.
std::string tar_header(std::string_view name, std::uint64_t size, unsigned mode = 0644);

struct TarMember {
  std::string name;
  std::string_view content;
  unsigned mode = 0644;
};

// A whole archive, in memory.
std::string tar_of(const std::vector<TarMember>& members);

}  // namespace boxcar
