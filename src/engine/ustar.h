// Small ustar archives (POSIX.1-1988), made in memory. libarchive's writer would come with every format that it knows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace boxcar {

struct TarMember {
  std::string name;  // at most 100 bytes
  std::string_view content;
  unsigned mode = 0644;
};

// Root's, and of 1970.
std::string tar_of(const std::vector<TarMember>& members);

}  // namespace boxcar
