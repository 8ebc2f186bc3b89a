// The unpacked layers: layers/<diff_id, 64 hex>/tree is an overlay's lower directory, layer.json beside it says which
// layer it is. A layer is unpacked below tmp/ and renamed, so it is whole or not there. Earlier boxcars named them by
// the first 12 digits, which anybody can make a layer for that has others behind them: such a directory counts only for
// the layer that its layer.json names.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/pool.h"
#include "base/result.h"
#include "base/sha256.h"
#include "image/blob_stream.h"
#include "image/images.h"
#include "image/layer_tar.h"

namespace boxcar {

struct LayerInfo {
  Digest diff_id;
  std::uint64_t bytes = 0;           // of its files
  std::vector<Digest> blobs;         // the digest it was delivered under, where that was checked
  std::optional<std::uint64_t> tar;  // the size of its tar; none when an earlier boxcar kept no skeleton
};

// <store>/layers; in a user namespace a name of its own for each map of ids, since the owners of files are those of the
// map that was in force when they were unpacked.
std::string layers_directory(const std::string& store);

// Of what an earlier boxcar imported.
constexpr const char* kKeptTooLittle =
    "it was imported by an earlier boxcar, which kept too little to give it away: pull or import it again";

class LayerStore {
 public:
  explicit LayerStore(const std::string& store) : store_(store), directory_(layers_directory(store)) {}

  std::string tree(const Digest& diff_id) const;    // absolute when the store's directory is
  bool present(const Digest& diff_id) const;        // quick: no file is read, unless an earlier boxcar unpacked it
  bool for_other_ids(const Digest& diff_id) const;  // unpacked, under another map of ids
  Result<LayerInfo> info(const Digest& diff_id) const;
  Result<std::vector<LayerInfo>> all() const;
  // The tar it came as, and its size. The caller sees to it that the layer isn't removed meanwhile. NotFound when an
  // earlier boxcar unpacked it.
  Result<std::unique_ptr<LayerTar>> open_tar(const Digest& diff_id) const;
  Result<std::uint64_t> tar_size(const Digest& diff_id) const;

  // Unpacks those layers that are not there yet, or without a skeleton, on `pool`, below `scratch`. The caller holds
  // the store's lock, shared. Another process that unpacks one of them is waited for. `diff_ids` and `blobs` are
  // parallel.
  Result<void> import(const std::vector<Digest>& diff_ids, const std::vector<Blob>& blobs, const std::string& scratch,
                      Pool& pool, const Progress& progress);
  // Removes all layers but those, and what is no layer; gives the bytes of their files. The caller holds the store's
  // lock, exclusive, unless `dry_run`. A layer is moved below `scratch` first: it is never half there.
  Result<std::uint64_t> keep_only(const std::set<Digest>& needed, const std::string& scratch, bool dry_run);

 private:
  std::string path(const Digest& diff_id) const;  // where it is, or belongs
  Result<std::vector<std::string>> names() const;
  Result<void> remove(const std::string& name, const std::string& scratch);
  bool verified(const Digest& diff_id) const;
  bool whole(const Digest& diff_id) const;  // with a skeleton
  Result<void> place(const Digest& diff_id, const std::string& scratch);
  Result<void> unpack(const Digest& diff_id, const Blob& blob, const std::string& into);

  const std::string store_;
  const std::string directory_;
};

}  // namespace boxcar
