// What the index holds of a result: the result, and what stat said of its files when it was committed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/tree_digest.h"
#include "plan/outcome.h"
#include "store/layout.h"

namespace boxcar {

struct Record {
  StoredResult result;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t inode = 0;  // of the result's directory; its mtime tells of files that came or went in it
  std::int64_t mtime = 0;
  std::vector<std::string> file_names;  // for each of result.ports: of a file port the file's name in <result>/<port>/
  // As decoded: the entries of each present port, one after the other, still encoded. Many stand aside, in the file
  // .entries in the result's directory, and this is empty.
  std::string_view entries;
  bool entries_aside = false;
  std::uint64_t entries_checksum = 0;

  // Relative to the result's directory; of a file port the file itself.
  std::string port_path(std::size_t port) const;

  std::string encode(std::string_view entries) const;
  // Of what encode() gave; `entries` points into it. False when it is malformed.
  bool decode(const Key& key, std::string_view data);
};

inline bool stand_aside(std::string_view entries) {
  return entries.size() > 4096;
}

}  // namespace boxcar
