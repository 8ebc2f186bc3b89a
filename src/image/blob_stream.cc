#include "image/blob_stream.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/interrupt.h"
#include "image/archive_reader.h"

namespace boxcar {

namespace {

constexpr std::size_t kChunk = 512 << 10;
constexpr std::size_t kAhead = 8;  // chunks

Compression compression_of(int fd, const Blob& blob) {
  unsigned char magic[4] = {};
  const ssize_t got = pread(fd, magic, std::min<std::uint64_t>(4, blob.size), static_cast<off_t>(blob.offset));
  if (got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) return Compression::Gzip;
  if (got == 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd)
    return Compression::Zstd;
  return Compression::None;
}

}  // namespace

struct BlobStream::State {
  UniqueFd fd;
  Blob blob;
  bool compressed = false;
  std::uint64_t at = 0;  // bytes of the blob read so far
  Sha256 blob_hash;
  Digest blob_digest;  // set before `ended`
  std::vector<char> raw = std::vector<char>(kChunk);

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> chunks;
  std::optional<Error> error;
  bool ended = false;
  bool abandoned = false;

  std::string current;  // the reader's
  Sha256 diff_hash;
  std::thread thread;

  // Of a plain tar both digests are of the same bytes.
  bool hashes_blob() const { return blob.digest && compressed; }

  // The next bytes of the blob as it is stored, hashed; 0 at its end, -1 with `error` set.
  ssize_t read_raw(char* into, std::size_t limit) {
    const std::size_t wanted = std::min<std::uint64_t>(limit, blob.size - at);
    ssize_t got = 0;
    do {
      got = pread(fd.get(), into, wanted, static_cast<off_t>(blob.offset + at));
    } while (got < 0 && errno == EINTR);
    if (got < 0 || (got == 0 && wanted > 0)) {
      error = got < 0 ? errno_error("reading " + blob.path, errno)
                      : Error{ErrorKind::Invalid, blob.path + " ends too early", {}};
      return -1;
    }
    if (hashes_blob()) blob_hash.update({into, static_cast<std::size_t>(got)});
    at += static_cast<std::uint64_t>(got);
    return got;
  }

  static la_ssize_t give(archive* a, void* self, const void** buffer) {
    State& state = *static_cast<State*>(self);
    const ssize_t got = state.read_raw(state.raw.data(), state.raw.size());
    if (got < 0) archive_set_error(a, EIO, "unreadable");
    *buffer = state.raw.data();
    return got;
  }

  bool post(std::string chunk) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return chunks.size() < kAhead || abandoned; });
    if (abandoned) return false;
    chunks.push_back(std::move(chunk));
    changed.notify_all();
    return true;
  }

  // False when the reader is gone; with `error` set when the blob is bad.
  bool pass_plain() {
    while (true) {
      std::string chunk(kChunk, '\0');
      const ssize_t got = read_raw(chunk.data(), chunk.size());
      if (got <= 0) return got == 0;
      chunk.resize(static_cast<std::size_t>(got));
      if (!post(std::move(chunk))) return false;
    }
  }

  bool inflate() {
    const ArchiveReader in(archive_read_new());
    archive_read_support_format_raw(in.get());
    archive_read_support_filter_gzip(in.get());
    archive_read_support_filter_zstd(in.get());
    const auto bad = [&] {
      const char* what = archive_error_string(in.get());
      if (!error)
        error = Error{ErrorKind::Invalid, "cannot decompress " + blob.path + ": " + (what ? what : "damaged"), {}};
      return false;
    };
    archive_entry* entry = nullptr;
    if (archive_read_open(in.get(), this, nullptr, give, nullptr) != ARCHIVE_OK) return bad();
    // Compressed again and again it would grow beyond all measure. The stored bytes count as a filter too.
    if (archive_filter_count(in.get()) > 2) {
      error = Error{ErrorKind::Invalid, blob.path + " is compressed more than once", {}};
      return false;
    }
    const int opened = archive_read_next_header(in.get(), &entry);
    while (opened != ARCHIVE_EOF) {
      if (opened < ARCHIVE_WARN) return bad();
      std::string chunk(kChunk, '\0');
      const la_ssize_t got = archive_read_data(in.get(), chunk.data(), chunk.size());
      if (got < 0) return bad();
      if (got == 0) break;
      chunk.resize(static_cast<std::size_t>(got));
      if (!post(std::move(chunk))) return false;
    }
    // What stands behind the compressed stream belongs to the blob's digest all the same.
    ssize_t left = 0;
    while ((left = read_raw(raw.data(), raw.size())) > 0) {
    }
    return left == 0;
  }

  void run() {
    (compressed ? inflate() : pass_plain());
    const std::lock_guard lock(mutex);
    if (hashes_blob() && !error) blob_digest = blob_hash.finish();
    ended = true;
    changed.notify_all();
  }
};

Result<Compression> compression_of(const Blob& blob) {
  TRY(const UniqueFd fd, open_file(blob.path, O_RDONLY));
  return compression_of(fd.get(), blob);
}

BlobStream::BlobStream(std::unique_ptr<State> state) : state_(std::move(state)) {}

BlobStream::~BlobStream() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->abandoned = true;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

Result<std::unique_ptr<BlobStream>> BlobStream::open(const Blob& blob) {
  auto state = std::make_unique<State>();
  TRY(state->fd, open_file(blob.path, O_RDONLY));
  posix_fadvise(state->fd.get(), static_cast<off_t>(blob.offset), static_cast<off_t>(blob.size), POSIX_FADV_SEQUENTIAL);
  state->blob = blob;
  state->compressed = compression_of(state->fd.get(), blob) != Compression::None;
  state->thread = std::thread([raw = state.get()] { raw->run(); });
  return std::unique_ptr<BlobStream>(new BlobStream(std::move(state)));
}

bool BlobStream::compressed() const {
  return state_->compressed;
}

Result<std::string_view> BlobStream::next() {
  if (interrupted()) return fail(interruption());
  State& state = *state_;
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return !state.chunks.empty() || state.ended; });
    if (state.chunks.empty()) {
      if (state.error) return fail(*state.error);
      return std::string_view();
    }
    state.current = std::move(state.chunks.front());
    state.chunks.pop_front();
  }
  state.changed.notify_all();
  state.diff_hash.update(state.current);
  return std::string_view(state.current);
}

Result<void> BlobStream::verify(const Digest& diff_id) {
  while (true) {
    TRY(const std::string_view rest, next());
    if (rest.empty()) break;
  }
  const Digest diff = state_->diff_hash.finish();
  const Digest& blob = state_->compressed ? state_->blob_digest : diff;
  if (state_->blob.digest && *state_->blob.digest != blob) {
    return fail(ErrorKind::Invalid, "the blob has the digest sha256:" + blob.hex() +
                                        ", its manifest says sha256:" + state_->blob.digest->hex());
  }
  if (diff != diff_id) {
    return fail(ErrorKind::Invalid, "unpacked it has the digest sha256:" + diff.hex() +
                                        ", the image's configuration says sha256:" + diff_id.hex());
  }
  return {};
}

}  // namespace boxcar
