#include "image/unpack.h"

#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/text.h"
#include "image/archive_reader.h"
#include "image/skeleton.h"
#include "image/tree_writer.h"

namespace boxcar {

namespace {

// Hands the stream to libarchive, and to the skeleton whatever of it goes to no file.
struct Feed {
  BlobStream& stream;
  SkeletonWriter& skeleton;
  std::string_view chunk = {};  // what libarchive was given last, as far as the skeleton hasn't it
  std::optional<Error> error = {};

  Result<std::string_view> next() {
    skeleton.literal(chunk);
    chunk = {};
    TRY(chunk, stream.next());
    return chunk;
  }

  // Those bytes of the tar stand in the skeleton's current file, at `offset`. libarchive gives them where they lie in
  // the chunk, so there is no doubt which they are; where it had to put them together they stay in the skeleton.
  void in_file(const char* bytes, std::size_t length, std::uint64_t offset) {
    const auto begin = reinterpret_cast<std::uintptr_t>(chunk.data());
    const auto at = reinterpret_cast<std::uintptr_t>(bytes);
    if (at < begin || at + length > begin + chunk.size()) return;
    skeleton.literal(chunk.substr(0, at - begin));
    skeleton.content(offset, length);
    chunk.remove_prefix(at - begin + length);
  }

  static la_ssize_t give(archive* a, void* self, const void** buffer) {
    Feed& feed = *static_cast<Feed*>(self);
    auto bytes = feed.next();
    if (!bytes) {
      feed.error = std::move(bytes).error();
      archive_set_error(a, EIO, "unreadable");
      return -1;
    }
    *buffer = bytes->data();
    return static_cast<la_ssize_t>(bytes->size());
  }
};

Result<LayerEntry> translate(archive_entry* in) {
  LayerEntry out;
  // The bytes of the archive: without a locale (boxcar sets none) libarchive converts nothing.
  const char* path = archive_entry_pathname(in);
  if (path == nullptr) return fail(ErrorKind::Invalid, "an entry has no name");
  out.path = path;
  out.mode = archive_entry_mode(in);
  out.uid = static_cast<uid_t>(archive_entry_uid(in));
  out.gid = static_cast<gid_t>(archive_entry_gid(in));
  out.mtime = {archive_entry_mtime(in), archive_entry_mtime_nsec(in)};
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (archive_entry_xattr_reset(in); archive_entry_xattr_next(in, &name, &value, &size) == ARCHIVE_OK;) {
    out.xattrs.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  if (const char* target = archive_entry_hardlink(in)) {
    out.kind = LayerEntry::Kind::HardLink;
    out.target = target;
    return out;
  }
  switch (archive_entry_filetype(in)) {
    case AE_IFREG:
      out.kind = LayerEntry::Kind::File;
      return out;
    case AE_IFDIR:
      out.kind = LayerEntry::Kind::Directory;
      return out;
    case AE_IFLNK:
      out.kind = LayerEntry::Kind::Symlink;
      if (const char* target = archive_entry_symlink(in)) out.target = target;
      return out;
    case AE_IFCHR:
    case AE_IFBLK:
      out.device = archive_entry_rdev(in);
      [[fallthrough]];
    case AE_IFIFO:
      out.kind = LayerEntry::Kind::Node;
      return out;
    default:
      return fail(ErrorKind::Invalid, "an entry is of an unknown kind");
  }
}

std::string trouble(archive* in) {
  const char* text = archive_error_string(in);
  return text != nullptr ? text : "damaged";
}

Result<void> fill(archive* in, int fd, std::uint64_t size, Feed* feed) {
  const void* data = nullptr;
  std::size_t length = 0;
  la_int64_t offset = 0;
  std::uint64_t end = 0;
  int got = ARCHIVE_OK;
  while ((got = archive_read_data_block(in, &data, &length, &offset)) == ARCHIVE_OK) {
    const char* from = static_cast<const char*>(data);
    // Then the tar could not be made again of the file.
    if (static_cast<std::uint64_t>(offset) < end) return fail(ErrorKind::Invalid, "stretches of its content overlap");
    if (feed != nullptr && length > 0) feed->in_file(from, length, static_cast<std::uint64_t>(offset));
    while (length > 0) {
      const ssize_t written = pwrite(fd, from, length, offset);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail_errno("writing it");
      from += written;
      offset += written;
      length -= static_cast<std::size_t>(written);
    }
    end = static_cast<std::uint64_t>(offset);
  }
  if (got != ARCHIVE_EOF) return fail(ErrorKind::Invalid, "its content ends too early: " + trouble(in));
  // Of a sparse file the last hole.
  if (end < size && ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno("extending it");
  return {};
}

Result<void> add(archive* in, archive_entry* raw, const LayerEntry& entry, TreeWriter& tree, Feed& feed,
                 std::uint64_t& bytes) {
  TRY(const UniqueFd fd, tree.add(entry));
  if (!fd) return {};
  const auto size = static_cast<std::uint64_t>(archive_entry_size(raw));
  const auto place = tree.place_of_file();
  if (place && size > 0) feed.skeleton.file(tree.added(), *place);
  CHECK_OK(fill(in, fd.get(), size, place ? &feed : nullptr));
  bytes += size;
  return tree.finish_file(fd.get(), entry);
}

}  // namespace

Result<Unpacked> unpack_layer(BlobStream& stream, const std::string& layer) {
  TRY(TreeWriter tree, TreeWriter::open(layer + "/tree", set_aside_directory(layer)));
  TRY(SkeletonWriter skeleton, SkeletonWriter::create(layer));
  const ArchiveReader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_read_support_format_empty(in.get());
  Feed feed{stream, skeleton};
  const auto damaged = [&] {
    return feed.error ? fail(*feed.error) : fail(ErrorKind::Invalid, "not a readable tar: " + trouble(in.get()));
  };
  if (archive_read_open(in.get(), &feed, nullptr, Feed::give, nullptr) != ARCHIVE_OK) return damaged();
  Unpacked result;
  while (true) {
    archive_entry* raw = nullptr;
    const int got = archive_read_next_header(in.get(), &raw);
    if (got == ARCHIVE_EOF) break;
    if (got < ARCHIVE_WARN) return damaged();
    TRY(const LayerEntry entry, translate(raw));
    if (auto added = add(in.get(), raw, entry, tree, feed, result.bytes); !added) {
      if (feed.error) return fail(*feed.error);
      return fail(std::move(added).error().in("entry " + in_quotes(entry.path)));
    }
  }
  CHECK_OK(tree.finish());
  // What stands behind the end of a tar belongs to it all the same.
  while (true) {
    TRY(const std::string_view rest, feed.next());
    if (rest.empty()) break;
  }
  TRY(result.tar, skeleton.finish(tree.replaced()));
  return result;
}

}  // namespace boxcar
