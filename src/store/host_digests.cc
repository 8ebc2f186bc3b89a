#include "store/host_digests.h"

#include "base/clock.h"
#include "base/fd.h"
#include "store/encoding.h"

namespace boxcar {

namespace {

constexpr std::string_view kMagic = "boxcar-digests-1\n";
constexpr std::int64_t kFresh = 1'000'000;  // microseconds
// What is read again as quickly as a file of digests is not worth one.
constexpr std::uint64_t kLeastBytes = 256 << 10;
constexpr std::uint64_t kLeastFiles = 32;

}  // namespace

Result<std::shared_ptr<const TreeDigest>> HostDigests::digest(const std::string& path) {
  const std::int64_t now = now_micros();
  {
    const std::lock_guard guard(mutex_);
    const auto found = known_.find(path);
    if (found != known_.end() && now - found->second.checked < kFresh) return found->second.tree;
  }
  TRY(auto tree, digest_tree(path, pool_, this));
  auto shared = std::make_shared<const TreeDigest>(std::move(tree));
  const std::lock_guard guard(mutex_);
  known_[path] = {shared, now};
  return shared;
}

std::shared_ptr<const TreeDigest> HostDigests::last(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = known_.find(path);
  return found == known_.end() ? nullptr : found->second.tree;
}

void HostDigests::forget(const std::string& path) {
  const std::lock_guard guard(mutex_);
  known_.erase(path);
}

std::string HostDigests::file_of(const std::string& path) const {
  return join_path(directory_, sha256(path).hex().substr(0, 32));
}

std::shared_ptr<const TreeDigest> HostDigests::find(const std::string& path) {
  if (auto known = last(path)) return known;
  const auto body = read_checked(file_of(path), kMagic);
  if (!body) return nullptr;
  Decoder in(*body);
  if (in.text() != path) return nullptr;
  TreeDigest tree;
  tree.read_at = in.signed_number();
  tree.entries = in.entries();
  return in.ok() ? std::make_shared<const TreeDigest>(std::move(tree)) : nullptr;
}

void HostDigests::keep(const std::string& path, const TreeDigest& tree) {
  if (tree.bytes < kLeastBytes && tree.files < kLeastFiles) return;
  Encoder body;
  body.text(path);
  body.signed_number(tree.read_at);
  body.entries(tree.entries);
  write_checked(file_of(path), kMagic, body.data());
}

}  // namespace boxcar
