#include "image/glimpse.h"

#include <stdlib.h>

#include <algorithm>
#include <set>

#include "base/fd.h"
#include "base/text.h"
#include "image/members.h"
#include "image/partial_layout.h"

namespace boxcar {

namespace {

constexpr std::uint64_t kAtOnce = 1 << 20;  // small layers are not worth a call each

// "docker://host/name:tag" or "…@sha256:…" with that digest instead.
std::string at_digest(const std::string& source, const Digest& digest) {
  std::string name = source.substr(0, source.find('@'));
  if (const auto colon = name.rfind(':'); colon > name.rfind('/')) name.erase(colon);
  return name + "@sha256:" + digest.hex();
}

}  // namespace

Result<std::shared_ptr<Glimpse>> Glimpse::take(const std::string& source, const std::string& store, LayerStore& layers,
                                               Pool& pool, const Fetch& fetch) {
  TRY(ImportSession session, ImportSession::begin(store));
  if (fetch.progress) fetch.progress("looking at " + printable(source));
  const std::shared_ptr<Glimpse> glimpse(new Glimpse(std::move(session), layers, pool, fetch));
  CHECK_OK(glimpse->read_manifests(source));
  CHECK_OK(glimpse->fetch_from(0));
  return glimpse;
}

Result<void> Glimpse::read_manifests(const std::string& source) {
  source_ = source;
  for (int depth = 0; depth < 2; ++depth) {
    TRY(const std::string text, fetch_manifest(source_, fetch_));
    const Digest digest = sha256(text);
    if (const auto at = source_.find("@sha256:"); at != std::string::npos && source_.substr(at + 8) != digest.hex()) {
      return fail(ErrorKind::Internal, "it gave wrong bytes: the manifest of " + printable(source_) +
                                           " has the digest sha256:" + digest.hex());
    }
    TRY(Manifest manifest, read_manifest(text, printable(source_)));
    source_ = at_digest(source, manifest.chosen ? *manifest.chosen : digest);
    if (manifest.chosen) continue;
    manifest_ = std::move(manifest.layers);
    return {};
  }
  return fail(ErrorKind::Invalid, printable(source) + " is an index of indexes");
}

// Also what lies below it, as long as it is little. skopeo is made to take all else for fetched.
Result<void> Glimpse::fetch_from(std::size_t top) {
  TRY(const auto here, layers_.all());
  std::set<Digest> known;
  for (const LayerInfo& layer : here) {
    known.insert(layer.diff_id);
    known.insert(layer.blobs.begin(), layer.blobs.end());
  }
  std::set<std::size_t> wanted;  // lowest first, as in the manifest
  std::uint64_t bytes = 0;
  for (std::size_t i = manifest_.size() - top; i-- > 0;) {
    if (known.contains(manifest_[i].blob)) {
      if (wanted.empty()) break;
      continue;
    }
    if (!wanted.empty() && bytes + manifest_[i].bytes > kAtOnce) break;
    bytes += manifest_[i].bytes;
    wanted.insert(i);
  }
  std::vector<Digest> others;
  for (std::size_t i = 0; i < manifest_.size(); ++i) {
    const auto same = [&](std::size_t one) { return manifest_[one].blob == manifest_[i].blob; };
    if (std::none_of(wanted.begin(), wanted.end(), same)) others.push_back(manifest_[i].blob);
  }

  std::string layout = session_.scratch() + "/layout.XXXXXX";
  if (mkdtemp(layout.data()) == nullptr) return fail_errno("making " + layout);
  CHECK_OK(make_directories(layout + "/blobs/sha256"));
  CHECK_OK(put_stand_ins(layout, here, others));
  CHECK_OK(fetch_to_layout(source_, layout, fetch_));
  TRY(const auto found, read_oci_layout(Members::of_directory(layout), "", ""));
  image_ = found.front().image;
  if (image_.layers.size() != manifest_.size())
    return fail(ErrorKind::Invalid, "the manifest of " + printable(source_) + " has another number of layers");
  std::vector<Digest> diff_ids;
  std::vector<Blob> blobs;
  for (const std::size_t i : wanted) {
    diff_ids.push_back(image_.layers[i]);
    blobs.push_back(found.front().blobs[i]);
  }
  CHECK_OK(layers_.import(diff_ids, blobs, session_.scratch(), pool_, fetch_.progress));
  return remove_tree(layout);
}

Result<std::string> Glimpse::tree(std::size_t i) {
  const std::lock_guard lock(mutex_);
  if (i >= image_.layers.size()) return "";
  const Digest& diff_id = image_.layers[image_.layers.size() - 1 - i];
  if (!layers_.present(diff_id)) CHECK_OK(fetch_from(i));
  if (!layers_.present(diff_id))
    return fail(ErrorKind::Internal, "the store's layer " + diff_id.short_hex() + " is damaged");
  return layers_.tree(diff_id);
}

}  // namespace boxcar
