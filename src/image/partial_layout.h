// What came of an image so far: partial/<32 hex of its source's hash>/ below the store, an OCI layout of whole blobs.
// A fetch that breaks is taken up there again.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "image/images.h"
#include "image/layer_store.h"
#include "image/locks.h"

namespace boxcar {

class PartialLayout {
 public:
  // The caller holds the store's lock, shared. One at a time has a source's layout: who else fetches from there waits,
  // which `progress` is told, until it is through or an interrupt comes.
  static Result<PartialLayout> open(const std::string& store, const std::string& source, const Progress& progress);
  // What is of no use goes: all of it after discard(), else all but whole blobs.
  ~PartialLayout();
  PartialLayout(PartialLayout&& other) noexcept;
  PartialLayout& operator=(PartialLayout&&) = delete;

  const std::string& path() const { return path_; }
  void discard() { discarded_ = true; }

  // For who has the store's lock for himself: removes those that nobody went on with for a week, or all of them. Gives
  // the bytes.
  static Result<std::uint64_t> remove_old(const std::string& store);
  static Result<std::uint64_t> remove_all(const std::string& store, bool dry_run);

 private:
  PartialLayout(FileLocks lock, std::string path) : lock_(std::move(lock)), path_(std::move(path)) {}

  FileLocks lock_;
  std::string path_;  // "" once moved from
  bool discarded_ = false;
};

// An empty file for each blob whose layer the store has: skopeo takes it as fetched already. Also for `others`.
Result<void> put_stand_ins(const std::string& layout, const std::vector<LayerInfo>& here,
                           const std::vector<Digest>& others = {});

}  // namespace boxcar
