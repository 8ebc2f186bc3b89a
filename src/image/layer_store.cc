#include "image/layer_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/directory.h"
#include "base/fd.h"
#include "base/json_number.h"
#include "base/user_namespace.h"
#include "image/locks.h"
#include "image/unpack.h"

namespace boxcar {

namespace {

using Json = nlohmann::json;

std::string write_info(const LayerInfo& info) {
  Json blobs = Json::array();
  for (const Digest& blob : info.blobs) blobs.push_back(blob.hex());
  Json document = {{"diff_id", info.diff_id.hex()}, {"bytes", info.bytes}, {"blobs", blobs}};
  if (info.tar) document["tar"] = *info.tar;
  return document.dump() + "\n";
}

Result<LayerInfo> read_info(const std::string& path) {
  TRY(const std::string text, read_file(path));
  try {
    const Json document = Json::parse(text);
    LayerInfo info;
    const auto diff_id = Digest::parse(document.at("diff_id").get<std::string>());
    if (!diff_id) return fail(ErrorKind::Invalid, path + " names no layer");
    info.diff_id = *diff_id;
    info.bytes = count(document.at("bytes"));
    if (const auto tar = document.find("tar"); tar != document.end()) info.tar = count(*tar);
    for (const auto& blob : document.at("blobs")) {
      if (const auto digest = Digest::parse(blob.get<std::string>())) info.blobs.push_back(*digest);
    }
    return info;
  } catch (const Json::exception& error) {
    return fail(ErrorKind::Invalid, path + " is damaged: " + error.what());
  }
}

}  // namespace

std::string layers_directory(const std::string& store) {
  const std::string ids = id_map_name();
  return store + "/layers" + (ids.empty() ? "" : "." + ids);
}

std::string LayerStore::path(const Digest& diff_id) const {
  std::string own = directory_ + "/" + diff_id.hex();
  if (exists(own)) return own;
  std::string old = directory_ + "/" + diff_id.short_hex();
  const auto there = read_info(old + "/layer.json");
  return there && there->diff_id == diff_id ? old : own;
}

std::string LayerStore::tree(const Digest& diff_id) const {
  return path(diff_id) + "/tree";
}

bool LayerStore::present(const Digest& diff_id) const {
  return exists(tree(diff_id));
}

bool LayerStore::for_other_ids(const Digest& diff_id) const {
  const auto all = names_in(store_, true);
  return std::any_of(all.begin(), all.end(), [&](const std::string& name) {
    const std::string directory = store_ + "/" + name;
    return name.starts_with("layers") && directory != directory_ && exists(directory + "/" + diff_id.hex() + "/tree");
  });
}

Result<LayerInfo> LayerStore::info(const Digest& diff_id) const {
  TRY(LayerInfo info, read_info(path(diff_id) + "/layer.json"));
  if (info.diff_id != diff_id) return fail(ErrorKind::Invalid, path(diff_id) + " holds another layer");
  return info;
}

bool LayerStore::verified(const Digest& diff_id) const {
  return present(diff_id) && info(diff_id).has_value();
}

bool LayerStore::whole(const Digest& diff_id) const {
  if (!present(diff_id)) return false;
  const auto known = info(diff_id);
  return known && known->tar;
}

Result<std::unique_ptr<LayerTar>> LayerStore::open_tar(const Digest& diff_id) const {
  CHECK_OK(tar_size(diff_id));
  return LayerTar::open(path(diff_id), diff_id);
}

Result<std::uint64_t> LayerStore::tar_size(const Digest& diff_id) const {
  TRY(const LayerInfo known, info(diff_id));
  if (!known.tar) return fail(ErrorKind::NotFound, kKeptTooLittle);
  return *known.tar;
}

Result<std::vector<std::string>> LayerStore::names() const {
  std::vector<std::string> result;
  const std::string directory = directory_;
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) {
    if (errno == ENOENT) return result;
    return fail_errno("listing " + directory);
  }
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_name[0] != '.') result.emplace_back(entry->d_name);
  }
  closedir(stream);
  return result;
}

Result<std::vector<LayerInfo>> LayerStore::all() const {
  std::vector<LayerInfo> result;
  TRY(const auto directories, names());
  for (const std::string& name : directories) {
    if (auto info = read_info(directory_ + "/" + name + "/layer.json")) result.push_back(*std::move(info));
  }
  return result;
}

Result<void> LayerStore::unpack(const Digest& diff_id, const Blob& blob, const std::string& into) {
  if (blob.size == 0 && !exists(blob.path)) return fail(ErrorKind::NotFound, "its blob " + blob.path + " is missing");
  if (mkdir(into.c_str(), 0700) != 0 || mkdir((into + "/tree").c_str(), 0755) != 0) return fail_errno("making " + into);
  TRY(const auto stream, BlobStream::open(blob));
  TRY(const Unpacked unpacked, unpack_layer(*stream, into));
  CHECK_OK(stream->verify(diff_id));
  LayerInfo info{diff_id, unpacked.bytes, {}, unpacked.tar};
  if (blob.digest) info.blobs.push_back(*blob.digest);
  return write_file(into + "/layer.json", write_info(info), 0600);
}

Result<void> LayerStore::import(const std::vector<Digest>& diff_ids, const std::vector<Blob>& blobs,
                                const std::string& scratch, Pool& pool, const Progress& progress) {
  struct Missing {
    Digest diff_id;
    Blob blob;
  };
  std::vector<Missing> missing;
  std::set<Digest> seen;
  for (std::size_t i = 0; i < diff_ids.size(); ++i) {
    if (seen.insert(diff_ids[i]).second && !whole(diff_ids[i])) missing.push_back({diff_ids[i], blobs[i]});
  }
  // Everyone takes the locks in the same order: two imports that share layers wait, and never for each other.
  std::sort(missing.begin(), missing.end(),
            [](const auto& a, const auto& b) { return layer_lock(a.diff_id) < layer_lock(b.diff_id); });
  TRY(FileLocks locks, open_locks(store_));
  for (const auto& one : missing) CHECK_OK(locks.lock_until_interrupted(layer_lock(one.diff_id), LockMode::Exclusive));
  std::erase_if(missing, [&](const auto& one) { return whole(one.diff_id); });
  if (missing.empty()) return {};

  // The largest first, so that the last to end is a small one.
  std::sort(missing.begin(), missing.end(), [](const auto& a, const auto& b) { return a.blob.size > b.blob.size; });
  std::mutex mutex;
  std::optional<Error> error;
  std::size_t started = 0;
  pool.for_each(missing.size(), [&](std::size_t i) {
    const auto& [diff_id, blob] = missing[i];
    {
      const std::lock_guard lock(mutex);
      if (error) return;
      ++started;
      if (progress)
        progress("unpacking layer " + std::to_string(started) + " of " + std::to_string(missing.size()) + " (" +
                 diff_id.short_hex() + ")");
    }
    auto done = unpack(diff_id, blob, scratch + "/" + diff_id.hex());
    if (done) return;
    const std::lock_guard lock(mutex);
    if (!error) error = std::move(done).error().in("layer sha256:" + diff_id.short_hex());
  });
  if (error) return fail(*std::move(error));

  TRY(const UniqueFd layers, open_file(directory_, O_RDONLY | O_DIRECTORY));
  if (syncfs(layers.get()) != 0) return fail_errno("writing the layers to disk");
  for (const auto& one : missing) CHECK_OK(place(one.diff_id, scratch));
  if (fsync(layers.get()) != 0) return fail_errno("writing the layers to disk");
  return {};
}

// From `scratch` to where it belongs.
Result<void> LayerStore::place(const Digest& diff_id, const std::string& scratch) {
  const std::string from = scratch + "/" + diff_id.hex();
  const std::string target = path(diff_id);
  const auto move = [&](const std::string& part) -> Result<void> {
    if (rename((from + part).c_str(), (target + part).c_str()) != 0)
      return fail_errno("renaming a layer to " + target + part);
    return {};
  };
  if (!verified(diff_id)) {
    if (exists(target)) CHECK_OK(remove(diff_id.hex(), scratch));  // damaged
    return move("");
  }
  // An earlier boxcar unpacked it, and a container may be running on its tree: it gets what it lacks.
  CHECK_OK(move("/skeleton"));
  CHECK_OK(remove_tree(set_aside_directory(target)));
  if (exists(set_aside_directory(from))) CHECK_OK(move("/replaced"));
  return move("/layer.json");
}

Result<void> LayerStore::remove(const std::string& name, const std::string& scratch) {
  const std::string aside = scratch + "/removed-" + name;
  if (rename((directory_ + "/" + name).c_str(), aside.c_str()) != 0) return fail_errno("removing the layer " + name);
  return remove_tree(aside);
}

Result<std::uint64_t> LayerStore::keep_only(const std::set<Digest>& needed, const std::string& scratch, bool dry_run) {
  std::uint64_t freed = 0;
  TRY(const auto directories, names());
  for (const std::string& name : directories) {
    const auto info = read_info(directory_ + "/" + name + "/layer.json");
    const bool named = info && (name == info->diff_id.hex() || name == info->diff_id.short_hex());
    if (named && needed.contains(info->diff_id)) continue;
    if (info) freed += info->bytes;
    if (!dry_run) CHECK_OK(remove(name, scratch));
  }
  return freed;
}

}  // namespace boxcar
