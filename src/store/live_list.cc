#include "store/live_list.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "base/directory.h"

namespace boxcar {

namespace {

constexpr std::size_t kMost = std::size_t{1} << 23;  // 64 MiB of address space
// The file grows by doubling: of a long one the kernel would clear 2 MiB at the first touch, in as many milliseconds.
constexpr std::size_t kFirst = std::size_t{1} << 13;
constexpr std::size_t kAll = 1;  // the length of a file for which there was no room: its run may read anything

bool lock_whole(int fd, int command, short& type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  const bool done = ::fcntl(fd, command, &range) == 0;
  type = range.l_type;
  return done;
}

}  // namespace

struct LiveList::Page {
  std::atomic<std::uint64_t> used;
  std::atomic<std::uint64_t> keys[kMost];

  static constexpr std::size_t length(std::size_t marks) { return (1 + marks) * sizeof(std::uint64_t); }
};

bool LiveList::make_room(std::size_t marks) {
  const std::lock_guard lock(growing_);
  if (room_ >= marks) return true;
  // Never over marks that are there: where a file system can't allocate, the C library writes zeros.
  const std::size_t from = room_ == 0 ? 0 : Page::length(room_);
  if (::posix_fallocate(fd_.get(), static_cast<off_t>(from), static_cast<off_t>(Page::length(marks) - from)) != 0) {
    return false;
  }
  room_ = marks;
  return true;
}

void LiveList::open() {
  const std::string directory = join_path(store_, "live");
  ::mkdir(directory.c_str(), 0755);
  for (int i = 0; i < 100 && page_ == nullptr; ++i) {
    path_ = join_path(directory, "XXXXXX");
    fd_.reset(::mkostemp(path_.data(), O_CLOEXEC));
    if (!fd_) return;
    short type = F_WRLCK;
    struct stat info {};
    // Until it is locked, it looks like one of a dead run, and may be removed as such.
    if (!lock_whole(fd_.get(), F_OFD_SETLK, type) || ::fstat(fd_.get(), &info) != 0 || info.st_nlink == 0) continue;
    if (!make_room(kFirst)) {
      (void)::ftruncate(fd_.get(), kAll);
      return;
    }
    void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_.get(), 0);
    if (mapped == MAP_FAILED) {
      (void)::ftruncate(fd_.get(), kAll);
      return;
    }
    page_ = static_cast<Page*>(mapped);
  }
}

void LiveList::release() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
  page_ = nullptr;
  room_ = 0;
  if (fd_) ::unlink(path_.c_str());
  fd_.reset();
}

void LiveList::mark(const Digest& key) {
  std::call_once(opened_, [this] { open(); });
  if (page_ == nullptr) return;  // a store that can't be written, or kAll
  const auto at = page_->used.fetch_add(1, std::memory_order_relaxed);
  if (at >= kMost) return;
  if (at >= room_ && !make_room(std::bit_ceil(at + 1))) {
    page_->used = kMost + 1;  // a full disk: all is held
    return;
  }
  page_->keys[at].store(std::hash<Digest>{}(key), std::memory_order_seq_cst);
}

LiveList::Marks LiveList::Marks::of(const std::string& store) {
  Marks marks;
  const UniqueFd directory(::open(join_path(store, "live").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return marks;
  const auto names = list_directory(directory.get(), "");
  if (!names) {
    marks.all_ = true;
    return marks;
  }
  for (const auto& name : *names) {
    const UniqueFd fd(::openat(directory.get(), name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    short type = F_WRLCK;
    if (!fd) continue;
    if (lock_whole(fd.get(), F_OFD_GETLK, type) && type == F_UNLCK) {
      ::unlinkat(directory.get(), name.c_str(), 0);
      continue;
    }
    void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (mapped == MAP_FAILED) {
      marks.all_ = true;
      continue;
    }
    marks.add(fd.get(), *static_cast<const Page*>(mapped));
    ::munmap(mapped, sizeof(Page));
  }
  return marks;
}

void LiveList::Marks::add(int fd, const Page& page) {
  const auto length = [fd] {
    struct stat info {};
    return ::fstat(fd, &info) == 0 ? static_cast<std::size_t>(info.st_size) : kAll;
  };
  const std::size_t before = length();
  if (before == kAll) all_ = true;
  if (before < Page::length(kFirst)) return;  // no marks yet
  const auto used = page.used.load(std::memory_order_seq_cst);
  if (used > kMost) all_ = true;
  // Beyond the file's end, and a zero, are marks being made: their run looks at the result only afterwards.
  const std::uint64_t there = std::min<std::uint64_t>(used, length() / sizeof(std::uint64_t) - 1);
  for (std::uint64_t i = 0; i < there; ++i) keys_.insert(page.keys[i].load(std::memory_order_seq_cst));
}

}  // namespace boxcar
