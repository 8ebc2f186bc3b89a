// From a workspace to a result: whole, or not at all.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/clock.h"
#include "base/mounts.h"
#include "base/text.h"
#include "store/encoding.h"
#include "store/manifest.h"
#include "store/outputs.h"
#include "store/overlay_merge.h"
#include "store/state.h"
#include "store/sync.h"

namespace boxcar {

namespace {

Result<void> check_inputs(const Workspace& workspace, HostDigests& host) {
  for (const auto& input : workspace.inputs) {
    const auto changed = first_change(input.source, input.tree->entries);
    if (!changed) continue;
    host.forget(input.source);
    const bool file = changed->empty() && input.tree->entries[0].kind != EntryKind::Directory;
    return fail(ErrorKind::Invalid, std::string(file || !changed->empty() ? "input file " : "input directory ") +
                                        printable(join_path(input.source, *changed)) +
                                        " changed while the step read it");
  }
  for (const auto& input : workspace.results) {
    struct stat info {};
    if (::stat(input.source.c_str(), &info) != 0 || info.st_ino != input.inode) {
      return fail(ErrorKind::Invalid, "the result " + input.source + " was replaced while the step read it");
    }
  }
  return {};
}

// Where a path below a store leads: into the port of a result.
struct InResult {
  std::string folder;  // "<12 hex>/<12 hex>"
  std::string folder_of_port;
  std::string rest;  // within it
};

std::optional<InResult> in_result(const std::string& store, const std::string& path) {
  if (!path.starts_with(store + '/')) return std::nullopt;
  const std::string_view below = std::string_view(path).substr(store.size() + 1);
  constexpr std::size_t folder = 12 + 1 + 12;
  if (below.size() <= folder + 1 || below[12] != '/' || below[folder] != '/') return std::nullopt;
  const std::string_view inner = below.substr(folder + 1);
  const auto slash = std::min(inner.find('/'), inner.size());
  return InResult{std::string(below.substr(0, folder)), std::string(inner.substr(0, slash)),
                  std::string(inner.substr(std::min(slash + 1, inner.size())))};
}

bool same_content(const StoredResult& a, const StoredResult& b) {
  return std::equal(a.ports.begin(), a.ports.end(), b.ports.begin(), b.ports.end(), [](const auto& x, const auto& y) {
    return x.port == y.port && x.kind == y.kind && x.present == y.present && x.content == y.content;
  });
}

class Commit {
 public:
  Commit(const Workspace& workspace, const Action& action, const Ending& ending, const std::string& root, Pool& pool,
         Index& index)
      : workspace_(workspace),
        action_(action),
        ending_(ending),
        root_(root),
        pool_(pool),
        index_(index),
        directory_(join_path(workspace.directory, "result")) {}

  // Outputs checked, the caller's, read-only, hashed; manifest and log beside them.
  Result<void> complete(const Key& key) {
    record_.result.key = key;
    record_.result.image = action_.image->identity;
    record_.result.seconds = ending_.seconds;
    record_.result.peak_memory = ending_.peak_memory;
    record_.result.finished = now_micros();
    for (const auto& output : action_.outputs) CHECK_OK(resolve_link(output));
    for (const auto& output : action_.outputs) CHECK_OK(set_apart(output));
    for (const auto& output : action_.outputs) CHECK_OK(add_output(output));
    entries_ = encoder_.take();
    TRY(fd_, open_file(directory_, O_RDONLY | O_DIRECTORY));
    const std::string log = join_path(workspace_.log_directory, kLogFile);
    if (::linkat(AT_FDCWD, log.c_str(), fd_.get(), kLogFile, 0) == 0) {
      paths_.emplace_back(kLogFile);
    } else if (errno != ENOENT && errno != EPERM) {  // no log; or a file system without hard links
      return fail_errno("linking " + log);
    }
    CHECK_OK(write_file(join_path(directory_, kManifestFile), manifest_json(action_, record_, sizes_, ending_), 0444));
    paths_.emplace_back(kManifestFile);
    if (!action_.parameters_path.empty()) paths_.emplace_back(kParametersFile);
    CHECK_OK(place_entries(fd_.get(), entries_));
    if (stand_aside(entries_)) paths_.emplace_back(kEntriesFile);
    paths_.emplace_back("");  // the directory itself
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return fail_errno("reading " + directory_);
    record_.inode = info.st_ino;
    record_.mtime = StatRecord::of(info).mtime;
    return {};
  }

  Result<void> sync() { return sync_entries(fd_.get(), paths_, pool_); }
  const std::string& directory() const { return directory_; }
  std::string index_record() const { return record_.encode(entries_); }
  const StoredResult& result() const { return record_.result; }

 private:
  // An output file may be a symlink to another, which leads nowhere once they are apart.
  Result<void> resolve_link(const ActionOutput& output) {
    const ActionOutput* const host = sharing_host(action_.outputs, output);
    if (host == nullptr) return {};
    const std::string shared = join_path(directory_, port_folder(host->port));
    CHECK_OK(replace_link_by_file(shared, *host, action_.inputs));
    return replace_link_by_file(shared, output, action_.inputs);
  }

  // An output file that was written beside another port's goes to its own port.
  Result<void> set_apart(const ActionOutput& output) {
    const ActionOutput* const host = sharing_host(action_.outputs, output);
    if (host == nullptr) return {};
    const std::string name(base_name(output.path));
    const std::string from = join_path(join_path(directory_, port_folder(host->port)), name);
    const std::string to = join_path(join_path(directory_, port_folder(output.port)), name);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return fail_errno("moving " + from);
    return {};
  }

  Result<void> add_output(const ActionOutput& output) {
    const std::string path = join_path(directory_, port_folder(output.port));
    TreeDigest linked;
    for (const auto& view : workspace_.views) {
      if (view.port == output.port && view.overlay) {
        TRY(linked, merge(view, path));
      }
    }
    const bool direct = !output.direct.empty();
    TRY(const bool present, direct ? Result<bool>(false) : settle_output(path, output, action_.inputs));
    PortResult port{output.port, output.kind, {}, present};
    std::string file;
    PortSize size;
    if (present) {
      if (output.kind == PortKind::File) file = base_name(output.path);
      TRY(const auto tree, digest_tree(join_path(path, file), pool_, linked));
      port.content = tree.digest;
      size = {tree.bytes, tree.files};
      record_.bytes += tree.bytes;
      record_.files += tree.files;
      encoder_.entries(tree.entries);
      note_paths(join_path(port_folder(output.port), file), tree);
    } else if (!direct && ::rmdir(path.c_str()) != 0) {
      return fail_errno("removing " + path);
    }
    record_.result.ports.push_back(std::move(port));
    record_.file_names.push_back(std::move(file));
    sizes_.push_back(size);
    return {};
  }

  Result<TreeDigest> merge(const Workspace::View& view, const std::string& upper) {
    CHECK_OK(unmount(join_path(join_path(workspace_.directory, "views"), join_path(view.port, "merged"))));
    const auto lower = in_result(root_, view.lower);
    return merge_overlay(upper, view.lower, lower.has_value(),
                         lower ? known_entries(*lower) : std::vector<TreeEntry>{});
  }

  // The entries of a result's port, from `rest` on, so that what is linked from there is not read again.
  std::vector<TreeEntry> known_entries(const InResult& lower) {
    const auto text = read_file(join_path(join_path(root_, lower.folder), kManifestFile), kMostManifest);
    if (!text) return {};
    const auto manifest = read_manifest(*text);
    if (!manifest) return {};
    const auto found = index_.find(manifest->result.key);
    Record record;
    if (!found || !record.decode(manifest->result.key, *found)) return {};
    const auto store = open_file(root_, O_PATH | O_DIRECTORY);
    if (!store) return {};
    auto trees = decode_entries(store->get(), record);
    if (!trees) return {};
    for (std::size_t i = 0; i < trees->size(); ++i) {
      if (port_folder(record.result.ports[i].port) == lower.folder_of_port)
        return below(std::move((*trees)[i]), lower.rest);
    }
    return {};
  }

  static std::vector<TreeEntry> below(std::vector<TreeEntry> entries, const std::string& directory) {
    if (directory.empty()) return entries;
    std::vector<TreeEntry> some;
    for (auto& entry : entries) {
      if (!entry.path.starts_with(directory + '/')) continue;
      entry.path.erase(0, directory.size() + 1);
      some.push_back(std::move(entry));
    }
    return some;
  }

  void note_paths(const std::string& port, const TreeDigest& tree) {
    for (const auto& entry : tree.entries) {
      if (entry.kind != EntryKind::Symlink) paths_.push_back(join_path(port, entry.path));
    }
    const bool file = tree.entries[0].kind != EntryKind::Directory;
    if (file) paths_.emplace_back(directory_name(port));
  }

  const Workspace& workspace_;
  const Action& action_;
  const Ending& ending_;
  const std::string& root_;
  Pool& pool_;
  Index& index_;
  const std::string directory_;
  Record record_;
  std::vector<PortSize> sizes_;
  Encoder encoder_;
  std::string entries_;
  std::vector<std::string> paths_;  // to be synced
  UniqueFd fd_;
};

}  // namespace

Result<StoredResult> Store::commit(const Workspace& workspace, const Action& action, const Key& key,
                                   const Ending& ending) {
  State& state = *state_;
  CHECK_OK(check_inputs(workspace, state.host));
  Commit commit(workspace, action, ending, state.root, state.pool, state.index);
  CHECK_OK(commit.complete(key));
  if (auto there = state.same_as(commit.result())) return *std::move(there);
  if (state.options.sync) CHECK_OK(commit.sync());
  CHECK_OK(state.publish(commit.directory(), result_folder(action.image->identity, key), key, commit.index_record()));
  return commit.result();
}

// A result that says the same already, whole: another boxcar was quicker, or the step was run again for nothing. It
// stays, since others may be reading it.
std::optional<StoredResult> Store::State::same_as(const StoredResult& result) {
  const auto found = index.find(result.key);
  if (!found) return std::nullopt;
  live.mark(result.key);
  Record record;
  if (!record.decode(result.key, *found) || !same_content(record.result, result)) return std::nullopt;
  if (check_stat(root_fd.get(), record) != Condition::Same) return std::nullopt;
  return std::move(record.result);
}

// The record goes first: killed in between, it speaks of a directory that isn't there, which is no result.
Result<void> Store::State::publish(const std::string& from, const std::string& folder, const Key& key,
                                   const std::string& record) {
  live.mark(key);
  index.put(key, record);
  const std::string to = join_path(root, folder);
  const std::string parent(directory_name(to));
  bool new_parent = false;
  for (int i = 0; ::rename(from.c_str(), to.c_str()) != 0; ++i) {
    const int number = errno;
    if (number == ENOENT && !exists(parent)) {
      CHECK_OK(make_directories(parent));
      new_parent = true;
    } else if (number == ENOTEMPTY || number == EEXIST || number == ENOTDIR) {
      CHECK_OK(move_aside(folder, key));
    }
    if (i > 10) return fail(errno_error("renaming " + from + " to " + to, number));
  }
  if (!options.sync) return {};
  CHECK_OK(sync_directory(parent));
  return new_parent ? sync_directory(root) : Result<void>{};
}

void Store::clear_scratch(const Workspace& workspace) {
  state_->janitor.submit([scratch = workspace.scratch] { (void)remove_tree(scratch); });
}

void Store::discard(const Workspace& workspace, bool keep) {
  for (const auto& view : workspace.views) {
    if (!view.overlay) continue;
    const std::string merged = join_path(join_path(workspace.directory, "views"), join_path(view.port, "merged"));
    // Unmounted already by commit(), unless the attempt failed: what is kept for a person is a whole tree then.
    if (unmount(merged) && keep) {
      (void)merge_overlay(join_path(join_path(workspace.directory, "result"), port_folder(view.port)), view.lower,
                          in_result(state_->root, view.lower).has_value(), {});
    }
  }
  if (keep) {
    (void)write_file(join_path(workspace.directory, kKeepMark), "");
    return;
  }
  state_->janitor.submit([directory = workspace.directory] { (void)remove_tree(directory); });
}

}  // namespace boxcar
