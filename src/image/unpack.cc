#include "image/unpack.h"

#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/text.h"
#include "image/archive_reader.h"
#include "image/tree_writer.h"

namespace boxcar {

namespace {

struct Feed {
  BlobStream& stream;
  std::optional<Error> error;

  static la_ssize_t give(archive* a, void* self, const void** buffer) {
    Feed& feed = *static_cast<Feed*>(self);
    auto bytes = feed.stream.next();
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

Result<void> fill(archive* in, int fd, std::uint64_t size) {
  const void* data = nullptr;
  std::size_t length = 0;
  la_int64_t offset = 0;
  std::uint64_t end = 0;
  int got = ARCHIVE_OK;
  while ((got = archive_read_data_block(in, &data, &length, &offset)) == ARCHIVE_OK) {
    const char* from = static_cast<const char*>(data);
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

Result<void> add(archive* in, archive_entry* raw, const LayerEntry& entry, TreeWriter& tree, std::uint64_t& bytes) {
  TRY(const UniqueFd fd, tree.add(entry));
  if (!fd) return {};
  const auto size = static_cast<std::uint64_t>(archive_entry_size(raw));
  CHECK_OK(fill(in, fd.get(), size));
  bytes += size;
  return tree.finish_file(fd.get(), entry);
}

}  // namespace

Result<std::uint64_t> unpack_tar(BlobStream& stream, const std::string& directory) {
  TRY(TreeWriter tree, TreeWriter::open(directory));
  const ArchiveReader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  archive_read_support_format_empty(in.get());
  Feed feed{stream, {}};
  const auto damaged = [&] {
    return feed.error ? fail(*feed.error) : fail(ErrorKind::Invalid, "not a readable tar: " + trouble(in.get()));
  };
  if (archive_read_open(in.get(), &feed, nullptr, Feed::give, nullptr) != ARCHIVE_OK) return damaged();
  std::uint64_t bytes = 0;
  while (true) {
    archive_entry* raw = nullptr;
    const int got = archive_read_next_header(in.get(), &raw);
    if (got == ARCHIVE_EOF) break;
    if (got < ARCHIVE_WARN) return damaged();
    TRY(const LayerEntry entry, translate(raw));
    if (auto added = add(in.get(), raw, entry, tree, bytes); !added) {
      if (feed.error) return fail(*feed.error);
      return fail(std::move(added).error().in("entry " + in_quotes(entry.path)));
    }
  }
  CHECK_OK(tree.finish());
  return bytes;
}

}  // namespace boxcar
