// A layer of the store as the tar it came as: put together from its skeleton and the files of its tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "base/sha256.h"
#include "image/skeleton.h"

namespace boxcar {

// Whoever holds it has seen to it that the layer isn't removed. One reader.
class LayerTar {
 public:
  // `layer`: a layer's directory. NotFound when there is no skeleton in it.
  static Result<std::unique_ptr<LayerTar>> open(const std::string& layer, const Digest& diff_id);

  // The next bytes, valid until the next call; empty at the end, and then all of them were what `diff_id` names.
  // Invalid when the layer was altered since it was unpacked, with what is known to differ.
  Result<std::string_view> next();

 private:
  LayerTar(UniqueFd root, SkeletonReader skeleton, Digest diff_id)
      : root_(std::move(root)), skeleton_(std::move(skeleton)), diff_id_(diff_id) {}
  Result<void> open_content(const std::string& path);
  Result<std::string_view> read_content();

  UniqueFd root_;
  SkeletonReader skeleton_;
  Digest diff_id_;
  Sha256 hash_;
  UniqueFd file_;
  std::string path_;  // of file_
  std::uint64_t offset_ = 0;
  std::uint64_t left_ = 0;  // of the stretch that is read from file_
  std::string buffer_;
  std::string changed_;  // a file that was changed after the layer was unpacked
};

}  // namespace boxcar
