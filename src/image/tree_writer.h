// Writes the entries of one layer below a directory, as an overlay's lower directory: whiteouts become 0/0 character
// devices, opaque directories carry trusted.overlay.opaque. In a user namespace (base/user_namespace.h) the attribute
// is user.overlay.opaque, a file of an owner who is not mapped there is the caller's, a device is an empty file, and
// attributes that only root may set are left out.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "image/skeleton.h"

namespace boxcar {

struct LayerEntry {
  enum class Kind { File, Directory, Symlink, HardLink, Node };
  Kind kind = Kind::File;
  std::string path;    // as the layer has it, bytes
  std::string target;  // of a symlink or hard link
  mode_t mode = 0;     // permissions; of a node its type too
  uid_t uid = 0;
  gid_t gid = 0;
  timespec mtime{};
  dev_t device = 0;  // of a node that is one; FIFOs are nodes too
  std::vector<std::pair<std::string, std::string>> xattrs;
};

// Every name is taken inside the root, whatever the layer holds: absolute ones start at the root, ".." may not climb
// over it (Invalid), symlinks on the way are followed as if the root were "/". Nothing that exists is written through:
// it is replaced. Not thread-safe; only the writer may touch the directory meanwhile.
class TreeWriter {
 public:
  // `aside`: a directory on the same file system, made when it is needed. Files and directories go there that a later
  // entry replaces.
  static Result<TreeWriter> open(const std::string& root, const std::string& aside);

  // Makes the entry. Of a file that is to be filled (Kind::File) the descriptor; finish_file() completes it.
  Result<UniqueFd> add(const LayerEntry& entry);
  std::uint64_t added() const { return added_; }  // the number of the entry that was added last, from 1
  // Where in the tree the file is that add() just gave: no symlink in it. NotFound when that can't be told.
  Result<std::string> place_of_file();
  const std::vector<Replaced>& replaced() const { return replaced_; }
  Result<void> finish_file(int fd, const LayerEntry& entry);
  // Modes and times of the directories, which had to wait until everything was in them.
  Result<void> finish();

 private:
  struct Place {
    int directory = -1;  // the parent's descriptor, owned by the writer
    std::string parent;
    std::string name;
    std::string path() const { return parent.empty() ? name : parent + "/" + name; }
  };
  TreeWriter(UniqueFd root, std::string aside) : root_(std::move(root)), aside_(std::move(aside)) {}

  Result<Place> place(std::string_view path);
  Result<int> open_parent(const std::string& parent);
  Result<void> make_way(const Place& place);
  Result<void> remove_entry(const Place& place);
  Result<bool> set_aside(const Place& place);
  Result<std::string> real_path(int directory);
  Result<UniqueFd> add_file(const Place& place);
  Result<void> add_directory(const Place& place, const LayerEntry& entry);
  Result<void> add_special(const Place& place, const LayerEntry& entry);
  Result<void> add_hard_link(const Place& place, const LayerEntry& entry);
  Result<void> add_whiteout(const Place& place);
  Result<void> set_opaque(const std::string& path);
  Result<void> dress(const Place& place, const LayerEntry& entry);

  UniqueFd root_;
  std::string aside_;
  std::uint64_t added_ = 0;
  std::vector<Replaced> replaced_;
  int file_directory_ = -1;  // of the file that was added last
  std::string file_name_;
  UniqueFd parent_;  // of the entry before: entries of a directory come in a row
  std::string parent_path_;
  bool parent_known_ = false;
  std::optional<std::string> parent_real_;  // where parent_ is below the root
  struct Finish {
    mode_t mode;
    timespec mtime;
  };
  std::map<std::string, Finish> directories_;  // the last word on each
};

// "/usr//./bin/../lib" gives "usr/lib". Invalid when ".." climbs over the root.
Result<std::string> inside_root(std::string_view path);

}  // namespace boxcar
