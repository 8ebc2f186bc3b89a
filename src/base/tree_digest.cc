#include "base/tree_digest.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/directory.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::string_view kDirectoryMagic = "boxcar-tree-1\n";
constexpr std::string_view kExecutableMagic = "boxcar-executable-1\n";
constexpr std::size_t kBuffer = std::size_t{1} << 20;
// A job of the pool: at most this many files, and no more once they are this many bytes together.
constexpr std::size_t kBatchFiles = 128;
constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The kernel stamps with a clock that ticks every 1 to 10 ms; FAT and some servers with one of up to 2 s, which shows
// in times without a fraction. A file touched that shortly before it was read may have changed since without a trace.
bool rested(const StatRecord& stat, std::int64_t read_at) {
  constexpr std::int64_t second = 1'000'000'000;
  const bool coarse = stat.mtime % second == 0 && stat.ctime % second == 0;
  const std::int64_t grain = coarse ? 2 * second : 20'000'000;
  return std::max(stat.mtime, stat.ctime) + grain < read_at * 1000;
}

std::string named(const std::string& root, const std::string& path) {
  return printable(path.empty() ? root : join_path(root, path));
}

Result<Digest> read_symlink(int root, const std::string& path) {
  char target[4096];
  const ssize_t n = ::readlinkat(root, path.c_str(), target, sizeof target);
  if (n < 0) return fail_errno("reading a symlink");
  return sha256({target, static_cast<std::size_t>(n)});
}

class Digester {
 public:
  Digester(const std::string& path, Pool& pool, const TreeDigest* known) : path_(path), pool_(pool), known_(known) {}

  Result<TreeDigest> run() {
    tree_.read_at = now_micros();
    root_.reset(::open(path_.c_str(), O_PATH | O_CLOEXEC));
    if (!root_) return fail_errno("reading " + printable(path_));
    struct stat info {};
    if (::fstat(root_.get(), &info) != 0) return fail_errno("reading " + printable(path_));
    CHECK_OK(add("", info));
    if (is_directory(tree_.entries[0])) CHECK_OK(walk(""));
    take_known();
    CHECK_OK(hash_files());
    fold_directories();
    tree_.digest = root_digest(tree_.entries[0].kind, tree_.entries[0].digest);
    return std::move(tree_);
  }

  bool read_something() const { return read_something_; }

 private:
  static bool is_directory(const TreeEntry& entry) { return entry.kind == EntryKind::Directory; }
  static bool is_file(const TreeEntry& entry) {
    return entry.kind == EntryKind::File || entry.kind == EntryKind::Executable;
  }

  Result<void> add(const std::string& path, const struct stat& info) {
    const auto kind = kind_of(info);
    if (!kind) {
      return fail(ErrorKind::Invalid,
                  named(path_, path) + " is no file, directory or symlink, but a FIFO, socket or device");
    }
    tree_.entries.push_back({path, *kind, StatRecord::of(info), {}});
    if (is_file(tree_.entries.back())) {
      tree_.bytes += tree_.entries.back().stat.size;
      ++tree_.files;
    }
    return {};
  }

  // Depth first. A directory is listed, stat'ed and closed again before what is in it is looked at: descriptors do not
  // grow with depth.
  Result<void> walk(const std::string& directory) {
    const auto names = list_directory(root_.get(), directory);
    if (!names) return fail(Error(names.error()).in("reading " + printable(path_)));
    for (const auto& name : *names) {
      const std::string path = directory.empty() ? name : directory + '/' + name;
      struct stat info {};
      if (::fstatat(root_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) return fail(ErrorKind::Unavailable, named(path_, path) + " vanished while it was read");
        return fail_errno("reading " + named(path_, path));
      }
      CHECK_OK(add(path, info));
      if (S_ISDIR(info.st_mode)) {
        CHECK_OK(walk(path));
      } else if (S_ISLNK(info.st_mode)) {
        auto target = read_symlink(root_.get(), path);
        if (!target) return fail(std::move(target).error().in(named(path_, path)));
        tree_.entries.back().digest = *target;
      }
    }
    return {};
  }

  void take_known() {
    if (known_ == nullptr) return;
    std::unordered_map<std::string_view, const TreeEntry*> by_path;
    by_path.reserve(known_->entries.size());
    for (const auto& entry : known_->entries) by_path.emplace(entry.path, &entry);
    for (auto& entry : tree_.entries) {
      if (!is_file(entry)) continue;
      const auto found = by_path.find(entry.path);
      if (found == by_path.end()) continue;
      const TreeEntry& kept = *found->second;
      if (is_file(kept) && kept.stat == entry.stat && rested(kept.stat, known_->read_at)) entry.digest = kept.digest;
    }
  }

  Result<void> hash_files() {
    std::vector<std::vector<TreeEntry*>> batches;
    std::uint64_t bytes = kBatchBytes;
    for (auto& entry : tree_.entries) {
      if (!is_file(entry) || !entry.digest.is_zero()) continue;
      if (bytes >= kBatchBytes || batches.back().size() >= kBatchFiles) {
        batches.emplace_back();
        bytes = 0;
      }
      batches.back().push_back(&entry);
      bytes += entry.stat.size;
    }
    read_something_ = !batches.empty();
    const auto run = [&](std::size_t i) {
      for (TreeEntry* entry : batches[i]) {
        if (failed_.load(std::memory_order_relaxed)) return;
        if (auto hashed = hash(*entry); !hashed) {
          const std::lock_guard lock(mutex_);
          if (!failed_.exchange(true)) error_ = std::move(hashed).error();
        }
      }
    };
    if (batches.size() == 1) {
      run(0);  // no thread is woken for a few small files
    } else if (!batches.empty()) {
      pool_.for_each(batches.size(), run);
    }
    if (failed_) return fail(std::move(error_));
    return {};
  }

  Result<void> hash(TreeEntry& entry) {
    static thread_local Sha256 hasher;
    static thread_local std::unique_ptr<char[]> buffer(new char[kBuffer]);
    auto opened = entry.path.empty() ? open_file(path_, O_RDONLY | O_NONBLOCK | O_NOCTTY)
                                     : open_beneath(root_.get(), entry.path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!opened) {
      if (opened.error().kind == ErrorKind::NotFound) return changed(entry);
      return fail(std::move(opened).error().in("reading " + printable(path_)));
    }
    const int fd = opened->get();
    std::uint64_t left = entry.stat.size;
    while (left > 0) {
      const ssize_t n = ::read(fd, buffer.get(), std::min<std::uint64_t>(left, kBuffer));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        const int number = errno;
        hasher.finish();
        return fail(errno_error("reading " + named(path_, entry.path), number));
      }
      if (n == 0) break;
      if (pool_.cancelled()) {
        hasher.finish();
        return fail(ErrorKind::Cancelled, "stopped while " + named(path_, entry.path) + " was read");
      }
      hasher.update({buffer.get(), static_cast<std::size_t>(n)});
      left -= static_cast<std::uint64_t>(n);
    }
    entry.digest = hasher.finish();
    struct stat after {};
    if (left > 0 || ::fstat(fd, &after) != 0 || StatRecord::of(after) != entry.stat) return changed(entry);
    return {};
  }

  tl::unexpected<Error> changed(const TreeEntry& entry) {
    return fail(ErrorKind::Unavailable, named(path_, entry.path) + " changed while it was read");
  }

  // Each directory's children, in order, as "<kind><digest><name>\0"; a directory's own digest is known once the next
  // entry is no longer in it.
  void fold_directories() {
    struct Open {
      TreeEntry* directory;
      std::string encoding;
    };
    std::vector<Open> open;
    const auto append = [&](const TreeEntry& entry) {
      if (open.empty()) return;
      std::string& to = open.back().encoding;
      to += static_cast<char>(entry.kind);
      to.append(reinterpret_cast<const char*>(entry.digest.bytes.data()), entry.digest.bytes.size());
      to.append(base_name(entry.path));
      to += '\0';
    };
    const auto close = [&] {
      TreeEntry& directory = *open.back().directory;
      directory.digest = sha256(open.back().encoding);
      open.pop_back();
      append(directory);
    };
    const auto holds = [](const std::string& directory, const std::string& path) {
      return directory.empty() ||
             (path.size() > directory.size() && path[directory.size()] == '/' && path.starts_with(directory));
    };
    for (auto& entry : tree_.entries) {
      while (!open.empty() && !holds(open.back().directory->path, entry.path)) close();
      if (is_directory(entry)) {
        open.push_back({&entry, std::string(kDirectoryMagic)});
      } else {
        append(entry);
      }
    }
    while (!open.empty()) close();
  }

  const std::string& path_;
  Pool& pool_;
  const TreeDigest* known_;
  UniqueFd root_;
  TreeDigest tree_;
  bool read_something_ = false;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  Error error_;
};

}  // namespace

StatRecord StatRecord::of(const struct stat& info) {
  return {info.st_ino, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

std::optional<EntryKind> kind_of(const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return EntryKind::Directory;
  if (S_ISLNK(info.st_mode)) return EntryKind::Symlink;
  if (S_ISREG(info.st_mode)) return (info.st_mode & 0111) != 0 ? EntryKind::Executable : EntryKind::File;
  return std::nullopt;
}

Digest root_digest(EntryKind kind, const Digest& digest) {
  if (kind != EntryKind::Executable) return digest;
  std::string encoding(kExecutableMagic);
  encoding.append(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  return sha256(encoding);
}

Digest empty_directory_digest() {
  return sha256(kDirectoryMagic);
}

Result<TreeDigest> digest_tree(const std::string& path, Pool& pool, DigestCache* cache) {
  const auto known = cache != nullptr ? cache->find(path) : nullptr;
  Digester digester(path, pool, known.get());
  TRY(auto tree, digester.run());
  if (cache != nullptr && digester.read_something()) cache->keep(path, tree);
  return tree;
}

Result<TreeDigest> digest_tree(const std::string& path, Pool& pool, const TreeDigest& known) {
  return Digester(path, pool, &known).run();
}

std::optional<std::string> first_change(const std::string& path, const std::vector<TreeEntry>& entries) {
  const UniqueFd root(::open(path.c_str(), O_PATH | O_CLOEXEC));
  for (const auto& entry : entries) {
    struct stat info {};
    const int flags = entry.path.empty() ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;
    if (!root || ::fstatat(root.get(), entry.path.c_str(), &info, flags) != 0 || StatRecord::of(info) != entry.stat ||
        kind_of(info) != entry.kind) {
      return entry.path;
    }
  }
  return std::nullopt;
}

}  // namespace boxcar
