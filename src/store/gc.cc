// Removing results, oldest first, but none that a live run reads.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/clock.h"
#include "base/directory.h"
#include "base/mounts.h"
#include "store/manifest.h"
#include "store/state.h"

namespace boxcar {

namespace {

bool is_folder_name(const std::string& name) {
  return name.size() == 12 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::int64_t mtime_of(const std::string& path) {  // microseconds since 1970; now when it is gone
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? StatRecord::of(info).mtime / 1000 : now_micros();
}

std::uint64_t bytes_below(const std::string& path) {
  const auto fd = open_file(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  struct stat info {};
  if (!fd) return ::lstat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  std::uint64_t bytes = 0;
  for (const auto& name : list_directory(fd->get(), "").value_or(std::vector<std::string>{})) {
    bytes += bytes_below(join_path(path, name));
  }
  return bytes;
}

struct Candidate {
  std::string folder;  // below the store
  Key key;
  Record record;
  std::int64_t used = 0;
  bool shared = false;  // has hard links to another result's files
  std::string why;      // it goes; "" it stays
};

}  // namespace

class Store::Collector {
 public:
  Collector(State& state, const GcOptions& options) : state_(state), options_(options), now_(now_micros()) {}

  Result<GcReport> run() {
    if (state_.locks->read_only()) return fail(ErrorKind::Denied, "the store cannot be written: " + state_.root);
    if (!state_.locks->try_lock(LockFile::kGc))
      return fail(ErrorKind::Unavailable, "another gc is at work in this store");
    const ByteLock held(state_.locks, LockFile::kGc);
    state_.index.flush();
    state_.index.refresh();
    find_results();
    if (options_.verify) verify();
    choose();
    remove_remains();
    const auto marks = LiveList::Marks::of(state_.root);
    for (auto& candidate : candidates_) {
      if (candidate.why.empty() || marks.has(candidate.key) || !remove(candidate)) {
        ++report_.kept;
        report_.kept_bytes += candidate.record.bytes;
      }
    }
    if (!options_.dry_run) {
      renew_shared();
      state_.remove_leftovers();
      state_.index.compact();
    }
    if (options_.older_than) remove_old_files();
    return std::move(report_);
  }

 private:
  // Of folders without a manifest of ours (the old Kliko's, a person's) only remains are looked at further.
  void find_results() {
    std::unordered_map<std::string, Index::Item> indexed;
    for (const auto& item : state_.index.all()) {
      Record record;
      if (record.decode(item.key, item.record)) indexed.emplace(result_folder(record.result.image, item.key), item);
    }
    for (const auto& image : names_in(state_.root)) {
      if (!is_folder_name(image)) continue;
      for (const auto& name : names_in(join_path(state_.root, image))) {
        const std::string folder = join_path(image, name);
        if (!is_folder_name(name)) continue;
        const std::string path = join_path(state_.root, folder);
        if (!exists(join_path(path, kManifestFile))) {
          if (are_remains(path)) remains_.push_back(folder);
          continue;
        }
        Candidate candidate;
        candidate.folder = folder;
        if (const auto found = indexed.find(folder); found != indexed.end()) {
          candidate.key = found->second.key;
          candidate.used = found->second.used;
          candidate.record.decode(candidate.key, found->second.record);
        } else if (!from_manifest(candidate)) {
          continue;
        }
        candidates_.push_back(std::move(candidate));
      }
    }
  }

  bool from_manifest(Candidate& candidate) {
    const std::string path = join_path(join_path(state_.root, candidate.folder), kManifestFile);
    const auto text = read_file(path, kMostManifest);
    if (!text) return false;
    auto record = read_manifest(*text);
    if (!record || result_folder(record->result.image, record->result.key) != candidate.folder) return false;
    candidate.key = record->result.key;
    candidate.used = std::max(std::int64_t{0}, record->result.finished);
    candidate.record = *std::move(record);
    return true;
  }

  // What an ordinary user's `rm -rf` leaves of a result: the manifest is gone, but no file of a port, since directories
  // of ports can't be written. No commit looks like that: what it renames into place is whole.
  static bool are_remains(const std::string& path) {
    bool has_port = false;
    for (const auto& name : names_in(path)) {
      struct stat info {};
      if (::lstat(join_path(path, name).c_str(), &info) != 0) return false;
      const bool port = S_ISDIR(info.st_mode) && (info.st_mode & 0777) == 0555;
      has_port = has_port || port;
      if (!port && name != kParametersFile && name != kLogFile && name != kEntriesFile) return false;
    }
    return has_port;
  }

  // Their keys are not known: a live run may be reading one that it looked up before.
  void remove_remains() {
    if (remains_.empty() || !LiveList::Marks::of(state_.root).none()) return;
    for (const auto& folder : remains_) {
      const std::string path = join_path(state_.root, folder);
      const std::uint64_t bytes = bytes_below(path);
      if (options_.dry_run || remove_remains(path))
        report_.removed.push_back({path, bytes, "what is left of a deleted result", false});
    }
  }

  // False: a run that began meanwhile has put a result there.
  bool remove_remains(const std::string& path) {
    const std::string aside = state_.trash_name("remains");
    if (!are_remains(path) || ::rename(path.c_str(), aside.c_str()) != 0) return false;
    if (!are_remains(aside)) {
      (void)::rename(aside.c_str(), path.c_str());
      return false;
    }
    (void)remove_tree(aside);
    ::rmdir(std::string(directory_name(path)).c_str());
    return true;
  }

  void verify() {
    for (auto& candidate : candidates_) {
      if (auto checked = check_content(state_.root, candidate.record, state_.pool, true); !checked) {
        candidate.why = "damaged: " + checked.error().text();
      }
    }
  }

  void choose() {
    std::unordered_set<Key> reachable;
    if (options_.reachable) reachable.insert(options_.reachable->begin(), options_.reachable->end());
    std::uint64_t left = 0;
    for (auto& candidate : candidates_) {
      if (!candidate.why.empty()) continue;
      const double age = static_cast<double>(now_ - candidate.used) / 1e6;
      if (options_.older_than && age > options_.older_than->count()) {
        candidate.why = "last used " + human_duration(age) + " ago";
      } else if (options_.reachable && !reachable.contains(candidate.key)) {
        candidate.why = "in no recorded run";
      } else {
        left += candidate.record.bytes;
      }
    }
    if (!options_.max_bytes) return;
    std::vector<Candidate*> oldest;
    for (auto& candidate : candidates_) oldest.push_back(&candidate);
    std::stable_sort(oldest.begin(), oldest.end(), [](auto* a, auto* b) { return a->used < b->used; });
    for (Candidate* candidate : oldest) {
      if (left <= *options_.max_bytes) break;
      if (!candidate->why.empty()) continue;
      candidate->why = "the store is larger than " + human_bytes(*options_.max_bytes);
      left -= candidate->record.bytes;
    }
  }

  // Moved aside first; a run that marked it in between gets it back.
  bool remove(const Candidate& candidate) {
    const std::string path = join_path(state_.root, candidate.folder);
    if (!options_.dry_run) {
      if (removed_.empty()) note_shared();
      const std::string aside = state_.trash_name(candidate.key.hex());
      if (::rename(path.c_str(), aside.c_str()) != 0) return false;
      if (LiveList::Marks::of(state_.root).has(candidate.key) && ::rename(aside.c_str(), path.c_str()) == 0)
        return false;
      state_.index.drop(candidate.key);
      (void)remove_tree(aside);
      ::rmdir(std::string(directory_name(path)).c_str());  // when it was the image's last
    }
    removed_.insert(candidate.key);
    report_.removed.push_back({path, candidate.record.bytes, candidate.why});
    return true;
  }

  // Removing a hard link touches the ctime of a file that another result has too. What is as it was left before that is
  // given new stat records after, so that nobody needs to read it again.
  void note_shared() {
    for (auto& candidate : candidates_) {
      if (check_stat(state_.root_fd.get(), candidate.record) != Condition::Same) continue;
      const auto trees = decode_entries(state_.root_fd.get(), candidate.record);
      if (!trees) continue;
      for (std::size_t i = 0; i < trees->size() && !candidate.shared; ++i) {
        candidate.shared =
            has_links(join_path(join_path(state_.root, candidate.folder), candidate.record.port_path(i)), (*trees)[i]);
      }
    }
  }

  static bool has_links(const std::string& root, const std::vector<TreeEntry>& entries) {
    struct stat info {};
    return std::any_of(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
      return ::lstat(join_path(root, entry.path).c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink > 1;
    });
  }

  void renew_shared() {
    for (const auto& candidate : candidates_) {
      if (!candidate.shared || removed_.contains(candidate.key)) continue;
      if (auto renewed = renew_stat(state_.root, candidate.record)) {
        state_.index.put(candidate.key, renewed->record.encode(renewed->entries));
      }
    }
  }

  // Digests of the host, lists of what was placed there, logs of runs that ended, workspaces kept for a person.
  void remove_old_files() {
    const auto old = [&](const std::string& path) {
      return static_cast<double>(now_ - mtime_of(path)) / 1e6 > options_.older_than->count();
    };
    const auto drop = [&](const std::string& path, const char* what) {
      if (!old(path)) return;
      report_.removed.push_back({path, bytes_below(path), what, false});
      if (!options_.dry_run) (void)remove_tree(path);
    };
    const auto drop_all = [&](const char* folder, const char* what) {
      const std::string path = join_path(state_.root, folder);
      for (const auto& name : names_in(path)) {
        const auto hex = std::string_view(name).substr(0, name.find('.'));
        if (hex.size() == 32 && hex.find_first_not_of("0123456789abcdef") == std::string_view::npos)
          drop(join_path(path, name), what);
      }
    };
    drop_all("digests", "old digests of input files");
    drop_all("placed", "old list of what was copied to a directory");
    for (const auto& run : names_in(join_path(state_.root, "runs"))) {
      if (!state_.locks->is_locked(LockFile::of_run(run)))
        drop(join_path(join_path(state_.root, "runs"), run), "old logs");
    }
    for (const auto& name : names_in(join_path(state_.root, "work"))) {
      const std::string path = join_path(join_path(state_.root, "work"), name);
      if (exists(join_path(path, kKeepMark))) drop(path, "old workspace of a failed step");
    }
  }

  State& state_;
  const GcOptions& options_;
  const std::int64_t now_;
  std::vector<Candidate> candidates_;
  std::vector<std::string> remains_;  // folders below the store
  std::unordered_set<Key> removed_;
  GcReport report_;
};

Result<GcReport> Store::gc(const GcOptions& options) {
  return Collector(*state_, options).run();
}

}  // namespace boxcar
