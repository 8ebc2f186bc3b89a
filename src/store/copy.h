// Copying files and trees: reflinks where the file system has them, else inside the kernel.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "base/result.h"

namespace boxcar {

// The whole content of `from`, a regular file open for reading, into the empty file `to`.
Result<void> copy_content(int from, int to);

// Whether files of one directory can share their content until one of them is written.
bool has_reflinks(const std::string& directory);

enum class CopyModes {
  Caller,    // 0644 or 0755, as the executable bit was
  Everyone,  // 0666 or 0777: whatever user a container runs as may write
};

struct TreeCopy {
  CopyModes modes = CopyModes::Caller;
  // Asked for each regular file, with its path below the source and its stat: true to make a hard link instead.
  std::function<bool(const std::string& path, const struct stat& info)> link;
  // Told of each file that was linked: its path below the source and below the target.
  std::function<void(const std::string& from, const std::string& to)> linked;
};

// Copies `from_path` below the directory `from` to `to_path` below `to`, where nothing is yet (an existing directory is
// filled). Symlinks are copied as they are and never followed. Invalid: a FIFO, a socket, a device.
Result<void> copy_tree(int from, const std::string& from_path, int to, const std::string& to_path,
                       const TreeCopy& how = {});

}  // namespace boxcar
