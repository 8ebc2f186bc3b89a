// Looking into an image of a daemon: by a container that is made for it, and never started.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file_locks.h"
#include "net/daemon.h"

namespace boxcar {

// Removed with its owner, whatever happens; should that be killed, by the next boxcar that looks into an image.
class DaemonReader {
 public:
  ~DaemonReader();
  DaemonReader(const DaemonReader&) = delete;
  DaemonReader& operator=(const DaemonReader&) = delete;

  // What a path is, without its content: a symlink is not followed if it is the last of the path.
  struct Stat {
    bool regular = false;
    std::uint64_t size = 0;
    std::string link;  // where it leads, "" when it is no symlink
  };
  Result<Stat> stat(const std::string& path) const;  // NotFound when nothing is there
  Result<std::string> read(const std::string& path) const;
  Result<void> there() const;  // Unavailable: somebody removed it, so what is not there may be in the image

 private:
  friend class DaemonReaders;
  DaemonReader(Daemon& daemon, const std::string& id) : daemon_(daemon), path_("/containers/" + id) {}
  std::string archive(const std::string& path) const;

  Daemon& daemon_;
  const std::string path_;
};

// Those of one process, for one image store: they carry its mark, whose lock in the store's lock file tells whether the
// process lives. Thread-safe.
class DaemonReaders {
 public:
  DaemonReaders(Daemon& daemon, std::string store) : daemon_(daemon), store_(std::move(store)) {}
  ~DaemonReaders();
  DaemonReaders(const DaemonReaders&) = delete;
  DaemonReaders& operator=(const DaemonReaders&) = delete;

  // Those go that dead processes of this store left; at the end once more: a daemon may make one when who asked for it
  // is long dead. Does nothing when called again.
  void begin();
  // Into the image of that id.
  Result<std::unique_ptr<DaemonReader>> make(const std::string& image);

 private:
  Result<void> take_mark();
  Result<void> remove_left() const;

  Daemon& daemon_;
  const std::string store_;
  std::once_flag begun_;
  std::optional<FileLocks> locks_;
  std::string images_;  // which store on which machine
  std::string mark_;
};

// The content of the first file of a tar, such as a daemon's archive call gives of one file. Unavailable: it is none.
Result<std::string> first_file_of(const std::string& tar);

}  // namespace boxcar
