#include "store/verify.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "base/fd.h"
#include "base/text.h"
#include "store/encoding.h"
#include "store/manifest.h"

namespace boxcar {

namespace {

Condition check_entry(const TreeEntry& entry, const struct stat& info) {
  const StatRecord now = StatRecord::of(info);
  if (now.inode != entry.stat.inode || now.size != entry.stat.size || kind_of(info) != entry.kind) {
    return entry.kind == EntryKind::Directory && S_ISDIR(info.st_mode) ? Condition::Touched : Condition::Damaged;
  }
  if (now.mtime != entry.stat.mtime) return Condition::Touched;
  if (now.ctime == entry.stat.ctime) return Condition::Same;
  return S_ISREG(info.st_mode) && info.st_nlink > 1 ? Condition::Same : Condition::Touched;
}

// Paths below the store, made in place: a lookup makes three of them and has no time for allocations.
class Path {
 public:
  explicit Path(std::string_view folder) { append(folder); }
  std::size_t append(std::string_view part) {
    const std::size_t before = text_.size();
    if (!text_.empty() && !part.empty()) text_ += '/';
    text_ += part;
    return before;
  }
  void cut(std::size_t size) { text_.resize(size); }
  const char* c_str() const { return text_.c_str(); }

 private:
  std::string text_;
};

Result<std::string> read_aside(int store, const Record& record) {
  const std::string path = join_path(result_folder(record.result.image, record.result.key), kEntriesFile);
  const UniqueFd fd(::openat(store, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("opening " + path);
  TRY(auto text, read_all(fd.get(), std::size_t{1} << 32));
  if (checksum(text) != record.entries_checksum) return fail(ErrorKind::NotFound, path + " was altered");
  return text;
}

// Writes .entries where it is needed, and notes the directory's own stat after that.
Result<CheckedRecord> settled(CheckedRecord checked, int folder) {
  CHECK_OK(place_entries(folder, checked.entries));
  struct stat info {};
  if (::fstat(folder, &info) != 0) return fail_errno("reading a result");
  checked.record.inode = info.st_ino;
  checked.record.mtime = StatRecord::of(info).mtime;
  return checked;
}

}  // namespace

Condition check_stat(int store, const Record& record) {
  std::string aside;
  if (record.entries_aside) {
    auto read = read_aside(store, record);
    if (!read) return Condition::Touched;
    aside = *std::move(read);
  }
  Condition condition = Condition::Same;
  struct stat info {};
  Path path(result_folder(record.result.image, record.result.key));
  if (::fstatat(store, path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Condition::Damaged;
  if (info.st_ino != record.inode) return Condition::Damaged;
  if (StatRecord::of(info).mtime != record.mtime) {
    const std::size_t before = path.append(kManifestFile);
    if (::fstatat(store, path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Condition::Damaged;
    path.cut(before);
    condition = Condition::Touched;
  }
  std::string_view left = record.entries_aside ? std::string_view(aside) : record.entries;
  for (std::size_t i = 0; i < record.result.ports.size(); ++i) {
    if (!record.result.ports[i].present) continue;
    const std::size_t folder = path.append(record.port_path(i));
    EntryReader reader(left);
    while (const TreeEntry* entry = reader.next()) {
      const std::size_t port = path.append(entry->path);
      if (::fstatat(store, path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return Condition::Damaged;
      path.cut(port);
      const Condition here = check_entry(*entry, info);
      if (here == Condition::Damaged) return here;
      if (here == Condition::Touched) condition = here;
    }
    if (!reader.ok()) return Condition::Touched;
    left = reader.rest();
    path.cut(folder);
  }
  return condition;
}

Result<std::vector<std::vector<TreeEntry>>> decode_entries(int store, const Record& record) {
  std::string aside;
  if (record.entries_aside) {
    TRY(aside, read_aside(store, record));
  }
  Decoder in(record.entries_aside ? std::string_view(aside) : record.entries);
  std::vector<std::vector<TreeEntry>> ports;
  for (const auto& port : record.result.ports) {
    ports.emplace_back();
    if (port.present) ports.back() = in.entries();
  }
  if (!in.ok()) return fail(ErrorKind::NotFound, "malformed entries");
  return ports;
}

Result<CheckedRecord> check_content(const std::string& root, const Record& record, Pool& pool, bool all) {
  const std::string folder = result_directory(root, record.result.image, record.result.key);
  TRY(const auto fd, open_file(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  std::vector<std::vector<TreeEntry>> before(record.result.ports.size());
  if (!all) {
    TRY(const auto store, open_file(root, O_PATH | O_DIRECTORY));
    if (auto decoded = decode_entries(store.get(), record)) before = *std::move(decoded);
  }
  CheckedRecord checked{record, {}};
  Encoder entries;
  for (std::size_t i = 0; i < record.result.ports.size(); ++i) {
    const PortResult& port = record.result.ports[i];
    if (!port.present) continue;
    TreeDigest known;
    known.entries = std::move(before[i]);
    known.read_at =
        std::numeric_limits<std::int64_t>::max() / 1000;  // nobody writes to a result that is being committed
    const std::string path = join_path(folder, record.port_path(i));
    TRY(const auto tree, digest_tree(path, pool, known));
    if (tree.digest != port.content)
      return fail(ErrorKind::Invalid, printable(path) + " has another content than was committed");
    entries.entries(tree.entries);
  }
  checked.entries = entries.take();
  return settled(std::move(checked), fd.get());
}

Result<CheckedRecord> renew_stat(const std::string& root, const Record& record) {
  TRY(const auto store, open_file(root, O_PATH | O_DIRECTORY));
  TRY(auto trees, decode_entries(store.get(), record));
  const std::string folder = result_directory(root, record.result.image, record.result.key);
  CheckedRecord renewed{record, {}};
  Encoder entries;
  for (std::size_t i = 0; i < trees.size(); ++i) {
    if (!record.result.ports[i].present) continue;
    for (auto& entry : trees[i]) {
      struct stat info {};
      const std::string path = join_path(join_path(folder, record.port_path(i)), entry.path);
      if (::lstat(path.c_str(), &info) != 0) return fail_errno("reading " + printable(path));
      entry.stat = StatRecord::of(info);
    }
    entries.entries(trees[i]);
  }
  renewed.entries = entries.take();
  TRY(const auto fd, open_file(folder, O_RDONLY | O_DIRECTORY));
  return settled(std::move(renewed), fd.get());
}

Result<void> place_entries(int result, std::string_view entries) {
  if (!stand_aside(entries)) return {};
  if (::unlinkat(result, kEntriesFile, 0) != 0 && errno != ENOENT) return fail_errno("replacing .entries");
  const UniqueFd fd(::openat(result, kEntriesFile, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!fd) return fail_errno("writing .entries");
  return write_all(fd.get(), entries);
}

}  // namespace boxcar
