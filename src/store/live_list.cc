#include "store/live_list.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory.h"

namespace boxcar {

namespace {

constexpr std::size_t kMost = std::size_t{1} << 23;  // 64 MiB of address space, of the disk only what is written

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
};

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
    if (::ftruncate(fd_.get(), sizeof(Page)) != 0) return;
    void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd_.get(), 0);
    if (mapped != MAP_FAILED) page_ = static_cast<Page*>(mapped);
  }
}

void LiveList::release() {
  if (page_ != nullptr) ::munmap(page_, sizeof(Page));
  page_ = nullptr;
  if (fd_) ::unlink(path_.c_str());
  fd_.reset();
}

void LiveList::mark(const Digest& key) {
  std::call_once(opened_, [this] { open(); });
  if (page_ == nullptr) return;  // a store that can't be written; nobody removes anything there
  const auto at = page_->used.fetch_add(1, std::memory_order_relaxed);
  if (at < kMost) page_->keys[at].store(std::hash<Digest>{}(key), std::memory_order_seq_cst);
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
    const UniqueFd fd(::openat(directory.get(), name.c_str(), O_RDWR | O_CLOEXEC));
    short type = F_WRLCK;
    if (!fd) continue;
    if (lock_whole(fd.get(), F_OFD_GETLK, type) && type == F_UNLCK) {
      ::unlinkat(directory.get(), name.c_str(), 0);
      continue;
    }
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0 || static_cast<std::size_t>(info.st_size) < sizeof(Page))
      continue;  // no marks yet
    void* mapped = ::mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED | MAP_NORESERVE, fd.get(), 0);
    if (mapped == MAP_FAILED) {
      marks.all_ = true;
      continue;
    }
    const auto* page = static_cast<const Page*>(mapped);
    const auto used = page->used.load(std::memory_order_seq_cst);
    if (used > kMost) marks.all_ = true;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(used, kMost); ++i) {
      // A zero is a mark being written: its run looks at the result only afterwards.
      marks.keys_.insert(page->keys[i].load(std::memory_order_seq_cst));
    }
    ::munmap(mapped, sizeof(Page));
  }
  return marks;
}

}  // namespace boxcar
