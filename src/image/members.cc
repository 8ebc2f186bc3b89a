#include "image/members.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/fd.h"
#include "base/text.h"
#include "image/archive_reader.h"
#include "image/tree_writer.h"

namespace boxcar {

namespace {

constexpr std::size_t kDocumentLimit = 4 << 20;  // as registries and skopeo have it
constexpr int kMaxLinks = 8;

Result<Blob> whole_file(const std::string& path) {
  TRY(const UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return fail_errno("looking at " + path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Invalid, path + " is not a file");
  return Blob{path, 0, static_cast<std::uint64_t>(info.st_size), {}};
}

Result<std::string> read_blob(const Blob& blob) {
  if (blob.size > kDocumentLimit) return fail(ErrorKind::Invalid, "it is larger than a document of an image may be");
  TRY(const UniqueFd fd, open_file(blob.path, O_RDONLY));
  std::string text(blob.size, '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = pread(fd.get(), text.data() + have, text.size() - have, static_cast<off_t>(blob.offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading it");
    if (got == 0) return fail(ErrorKind::Invalid, "it ends too early");
    have += static_cast<std::size_t>(got);
  }
  return text;
}

// The archive as a plain tar: itself, or inflated beside.
Result<Blob> plain_tar(const std::string& file, const std::string& scratch) {
  TRY(const Blob blob, whole_file(file));
  TRY(const auto stream, BlobStream::open(blob));
  if (!stream->compressed()) return blob;
  const std::string path = join_path(scratch, "archive.tar");
  TRY(const UniqueFd fd, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  while (true) {
    TRY(const std::string_view bytes, stream->next());
    if (bytes.empty()) return whole_file(path);
    CHECK_OK(write_all(fd.get(), bytes));
  }
}

}  // namespace

Members Members::of_directory(std::string directory) {
  Members result;
  result.where_ = std::move(directory);
  result.directory_ = true;
  return result;
}

Result<Members> Members::of_archive(const std::string& file, const std::string& scratch) {
  Members result;
  result.where_ = file;
  TRY(const Blob tar, plain_tar(file, scratch));
  const ArchiveReader in(archive_read_new());
  archive_read_support_format_tar(in.get());
  const auto damaged = [&] {
    const char* text = archive_error_string(in.get());
    return fail(ErrorKind::Invalid, file + " is not a readable tar: " + (text != nullptr ? text : "damaged"));
  };
  if (archive_read_open_filename(in.get(), tar.path.c_str(), 64 << 10) != ARCHIVE_OK) return damaged();
  std::string last;  // the file whose end the next header tells
  while (true) {
    archive_entry* entry = nullptr;
    const int got = archive_read_next_header(in.get(), &entry);
    if (got < ARCHIVE_WARN) return damaged();
    if (!last.empty()) {
      Blob& blob = result.blobs_[last];
      const auto next = static_cast<std::uint64_t>(archive_read_header_position(in.get()));
      blob.offset = next - (blob.size + 511) / 512 * 512;
      if (blob.offset + blob.size > tar.size) return fail(ErrorKind::Invalid, file + " ends too early");
      last.clear();
    }
    if (got == ARCHIVE_EOF) return result;
    const char* raw = archive_entry_pathname(entry);
    const auto name = inside_root(raw != nullptr ? raw : "");
    if (!name || name->empty()) continue;
    const char* hard = archive_entry_hardlink(entry);
    const char* soft = archive_entry_symlink(entry);
    if (hard != nullptr || soft != nullptr) {
      const auto target = inside_root(hard != nullptr ? hard : join_path(directory_name(*name), soft));
      if (target) result.links_[*name] = *target;
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
      last = *name;
      result.blobs_[last] = Blob{tar.path, 0, static_cast<std::uint64_t>(archive_entry_size(entry)), {}};
    }
  }
}

Result<Blob> Members::find(const std::string& name) const {
  if (directory_) return whole_file(join_path(where_, name));
  std::string at = name;
  for (int i = 0; i < kMaxLinks; ++i) {
    if (const auto found = blobs_.find(at); found != blobs_.end()) return found->second;
    const auto link = links_.find(at);
    if (link == links_.end()) break;
    at = link->second;
  }
  return fail(ErrorKind::NotFound, "there is no " + printable(name) + " in " + where_);
}

Result<std::string> Members::read(const std::string& name) const {
  TRY(const Blob blob, find(name));
  if (blob.size > left_) return fail(ErrorKind::Invalid, where_ + " names too many images, or too large ones");
  left_ -= blob.size;
  auto text = read_blob(blob);
  if (!text) return fail(std::move(text).error().in("reading " + printable(name) + " of " + where_));
  return text;
}

}  // namespace boxcar
