#include "store/placed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/directory.h"
#include "base/text.h"
#include "store/encoding.h"

namespace boxcar {

namespace {

constexpr std::string_view kMagic = "boxcar-placed-1\n";

Result<UniqueFd> parent_of(int directory, const std::string& path) {
  const auto slash = path.rfind('/');
  return open_beneath(directory, slash == std::string::npos ? "" : path.substr(0, slash), O_PATH | O_DIRECTORY);
}

bool is_unchanged_in(int parent, const std::string& name, const TreeEntry& entry) {
  struct stat info {};
  if (::fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (S_ISDIR(info.st_mode)) return entry.kind == EntryKind::Directory && info.st_ino == entry.stat.inode;
  StatRecord stat = StatRecord::of(info);
  if (entry.stat.ctime == 0) stat.ctime = 0;
  return stat == entry.stat;
}

}  // namespace

std::optional<Placed> read_placed(const std::string& file) {
  const auto body = read_checked(file, kMagic);
  if (!body) return std::nullopt;
  Decoder in(*body);
  Placed placed;
  placed.directory = in.text();
  placed.content = in.text();
  placed.entries = in.entries();
  if (!in.ok()) return std::nullopt;
  return placed;
}

void write_placed(const std::string& file, const Placed& placed) {
  Encoder body;
  body.text(placed.directory);
  body.text(placed.content);
  body.entries(placed.entries);
  write_checked(file, kMagic, body.data());
}

bool is_unchanged(int directory, const TreeEntry& entry) {
  const auto parent = parent_of(directory, entry.path);
  return parent && is_unchanged_in(parent->get(), std::string(base_name(entry.path)), entry);
}

Result<void> remove_gone(const std::vector<TreeEntry>& entries, int source, int target) {
  // Children come before their directories.
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->path.empty()) continue;
    const std::string name(base_name(entry->path));
    struct stat info {};
    const auto from = parent_of(source, entry->path);
    if (from && ::fstatat(from->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) continue;
    const auto in = parent_of(target, entry->path);
    if (!in || !is_unchanged_in(in->get(), name, *entry)) continue;
    const bool directory = entry->kind == EntryKind::Directory;
    if (::unlinkat(in->get(), name.c_str(), directory ? AT_REMOVEDIR : 0) != 0 && errno != ENOTEMPTY &&
        errno != EEXIST) {
      return fail_errno("removing " + printable(entry->path));
    }
  }
  return {};
}

}  // namespace boxcar
