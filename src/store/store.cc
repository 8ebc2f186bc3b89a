#include "store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/clock.h"
#include "base/directory.h"
#include "base/mounts.h"
#include "base/text.h"
#include "store/manifest.h"
#include "store/state.h"

namespace boxcar {

namespace {

// The lock file comes before all else that a store has of its own, and is empty. Of the two directories that have a
// name of boxcar's own everything is the store's, also where somebody removed half of it.
bool is_store(int directory, const std::string& path) {
  const std::string_view name = base_name(path);
  struct stat info {};
  return name == ".boxcar" || name == ".kliko" ||
         (::fstatat(directory, LockFile::kName, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
          info.st_size == 0);
}

// What lies where a store has its own would be overwritten, or removed as left by a dead run.
Result<void> refuse_what_is_not_ours(int directory, const std::string& path) {
  for (const char* name : {LockFile::kName, "index", "work", "trash", "live", "digests", "placed", "runs"}) {
    struct stat info {};
    if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (is_store(directory, path)) return {};
    return fail(ErrorKind::Invalid, path + " is no store, and has something of its own where a store has its '" + name +
                                        "'; name a directory that is empty, or not there yet");
  }
  return {};
}

// "<run>.<step>.<attempt>", "<run>.shared"
bool names_a_workspace(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto end = name.substr(dot + 1);
  return end == "shared" || (!end.empty() && end.find_first_not_of("0123456789") == std::string_view::npos);
}

// As trash_name() makes them: "….<pid>-<time>-<number>".
bool names_trash(std::string_view name) {
  const auto end = name.substr(std::min(name.rfind('.'), name.size()));
  return std::count(end.begin(), end.end(), '-') == 2 &&
         end.find_first_not_of(".-0123456789") == std::string_view::npos;
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<void> Store::find(const std::string& directory) {
  auto fd = open_file(directory, O_PATH | O_DIRECTORY);
  if (!fd && fd.error().kind == ErrorKind::Denied) return fail(std::move(fd).error());
  if (fd && is_store(fd->get(), directory)) return {};
  return fail(ErrorKind::Invalid, "there is no store at " + directory);
}

Store::~Store() {
  state_->ahead.stop();
  flush();
  state_->live.release();
  state_->claimed.clear();
  // Once more, or for the first time where no attempt was prepared: what a killed run left may be all that it left to
  // do, and what lies in the trash may have been marked by this one.
  state_->janitor.submit([state = state_.get()] { state->remove_leftovers(); });
}

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, Pool& pool, StoreOptions options) {
  auto fd = open_file(directory, O_PATH | O_DIRECTORY);
  if (!fd) {
    CHECK_OK(make_directories(directory));
    fd = open_file(directory, O_PATH | O_DIRECTORY);
    if (!fd) return fail(std::move(fd).error().in("opening the store"));
  }
  CHECK_OK(refuse_what_is_not_ours(fd->get(), directory));
  auto locks = LockFile::open(fd->get());
  if (!locks) return fail(std::move(locks).error().in("opening the store " + directory));
  return std::unique_ptr<Store>(
      new Store(std::make_unique<State>(directory, *std::move(fd), *std::move(locks), pool, options)));
}

void Store::look_ahead() {
  state_->janitor.submit([state = state_.get()] { state->ahead.run(state->root_fd.get(), state->index, state->live); });
}

const std::string& Store::root() const {
  return state_->root;
}

void Store::flush() {
  state_->index.flush();
}

std::unique_ptr<KeyLock> Store::try_lock(const Key& key) {
  const off_t byte = LockFile::of_key(key);
  // Nobody computes anything into a store that can't be written: it is not waited for, but said by prepare().
  if (!state_->locks->read_only() && !state_->locks->try_lock(byte)) return nullptr;
  return std::make_unique<ByteLock>(state_->locks, byte);
}

std::string Store::directory(const StoredResult& result) const {
  return result_directory(state_->root, result.image, result.key);
}

std::string Store::port_path(const StoredResult& result, const PortResult& port) const {
  const std::string path = join_path(directory(result), port_folder(port.port));
  if (port.kind != PortKind::File) return path;
  Record record;
  if (const auto found = state_->index.find(result.key); found && record.decode(result.key, *found)) {
    for (std::size_t i = 0; i < record.result.ports.size(); ++i) {
      if (record.result.ports[i].port == port.port) return join_path(directory(result), record.port_path(i));
    }
  }
  // Damaged since it was looked up. Whoever reads it will find nothing there, and say so.
  return path;
}

std::optional<StoredResult> Store::lookup(const Action& action, const Key& key) {
  State& state = *state_;
  const Digest& image = action.image->identity;
  auto found = state.index.find(key);
  if (!found && state.index.refresh()) found = state.index.find(key);
  if (found) {
    const bool checked_ahead = state.ahead.same(key);
    if (!checked_ahead) state.live.mark(key);  // before it is looked at: see live_list.h
    Record record;
    if (record.decode(key, *found) && record.result.image == image) {
      Condition condition = checked_ahead ? Condition::Same : check_stat(state.root_fd.get(), record);
      if (condition == Condition::Touched) {
        condition = Condition::Damaged;
        if (auto checked = check_content(state.root, record, state.pool, false)) {
          state.index.put(key, checked->record.encode(checked->entries));
          condition = Condition::Same;
        }
      }
      if (condition == Condition::Same) {
        state.index.touch(key, now_micros());
        return std::move(record.result);
      }
    }
    state.index.drop(key);
  }
  return adopt(image, key);
}

// A result that the index lost, or knows another one of, is read whole before it counts again.
std::optional<StoredResult> Store::adopt(const Digest& image, const Key& key) {
  State& state = *state_;
  const std::string manifest = join_path(result_folder(image, key), kManifestFile);
  const UniqueFd fd(::openat(state.root_fd.get(), manifest.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return std::nullopt;
  state.live.mark(key);
  const auto text = read_all(fd.get(), kMostManifest);
  if (!text) return std::nullopt;
  auto record = read_manifest(*text);
  if (!record || record->result.key != key || record->result.image != image) return std::nullopt;
  auto checked = check_content(state.root, *record, state.pool, true);
  if (!checked) return std::nullopt;
  state.index.put(key, checked->record.encode(checked->entries));
  return std::move(checked->record.result);
}

Result<std::shared_ptr<const TreeDigest>> Store::digest_host(const std::string& path) {
  return state_->host.digest(path);
}

Result<std::vector<KeyField>> Store::kept_fields(const Key& key, const Digest& image) {
  const std::string path = join_path(result_directory(state_->root, image, key), kManifestFile);
  TRY(const auto text, read_file(path, kMostManifest));
  TRY(const auto record, read_manifest(text));
  if (record.result.key != key) return fail(ErrorKind::NotFound, path + " is of another result");
  return read_manifest_fields(text);
}

void Store::State::hold_run(const std::string& run) {
  const std::lock_guard guard(mutex);
  auto [held, first] = runs.try_emplace(run);
  if (!first) return;
  const off_t byte = LockFile::of_run(run);
  if (locks->try_lock(byte)) held->second = std::make_unique<ByteLock>(locks, byte);
}

void Store::State::begin_attempt(const std::string& run) {
  hold_run(run);
  std::call_once(clearing, [this] { janitor.submit([this] { remove_leftovers(); }); });
}

void Store::hold_run(const std::string& run) {
  state_->hold_run(run);
}

bool Store::claim_run(const std::string& run) {
  const std::lock_guard guard(state_->mutex);
  if (state_->claimed.contains(run)) return true;
  const off_t byte = LockFile::of_run(run);
  if (!state_->locks->try_lock(byte)) return false;
  state_->claimed.emplace(run, std::make_unique<ByteLock>(state_->locks, byte));
  return true;
}

std::string Store::State::trash_name(const std::string& name) {
  const std::lock_guard guard(mutex);
  const std::string directory = join_path(root, "trash");
  ::mkdir(directory.c_str(), 0700);
  return join_path(directory, name + "." + std::to_string(::getpid()) + "-" + std::to_string(now_micros()) + "-" +
                                  std::to_string(++trash_counter));
}

void Store::State::remove_leftovers() {
  if (!locks->try_lock(LockFile::kJanitor)) return;  // another boxcar is at it
  const ByteLock held(locks, LockFile::kJanitor);
  const auto each = [&](const std::string& name, const auto& visit) {
    const std::string directory = join_path(root, name);
    for (const auto& entry : names_in(directory)) visit(entry, join_path(directory, entry));
  };
  each("work", [&](const std::string& name, const std::string& path) {
    if (!names_a_workspace(name)) return;
    const off_t run = LockFile::of_run(name.substr(0, name.find('.')));
    if (!locks->try_lock(run)) return;
    const ByteLock dead(locks, run);
    // At once: who takes up a container that a dead run left finds its workspace whole, or not at all.
    if (!exists(join_path(path, kKeepMark))) ::rename(path.c_str(), trash_name(name).c_str());
  });
  const auto marks = LiveList::Marks::of(root);
  each("trash", [&](const std::string& name, const std::string& path) {
    const auto key = Key::parse(name.substr(0, name.find('.')));
    if (names_trash(name) && (!key || !marks.has(*key))) (void)remove_tree(path);
  });
}

// What stands in a result's place goes: into the trash, when it is a result of ours; what is not ours is kept beside.
Result<void> Store::State::move_aside(const std::string& folder, const Key& key) {
  const std::string path = join_path(root, folder);
  if (!exists(path)) return {};
  const bool ours = exists(join_path(path, kManifestFile));
  if (!ours && errno != ENOENT && errno != ENOTDIR) return fail_errno("looking at " + path);
  std::string to = trash_name(key.hex());
  if (!ours) to = path + ".foreign-" + std::to_string(now_micros());
  if (::rename(path.c_str(), to.c_str()) != 0 && errno != ENOENT) return fail_errno("moving " + path + " aside");
  return {};
}

}  // namespace boxcar
