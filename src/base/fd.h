// File descriptors that close themselves, and the few file operations everything shares.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace boxcar {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd out;  // to read from
  UniqueFd in;   // to write into
};
Result<Pipe> make_pipe();  // O_CLOEXEC

// All of these open with O_CLOEXEC. Errors name the path.
Result<UniqueFd> open_file(const std::string& path, int flags, mode_t mode = 0644);
// Opens `path` below the directory `root` with openat2 and RESOLVE_IN_ROOT: "..", absolute symlinks and
// absolute paths stay inside `root`, whatever a hostile tree holds.
Result<UniqueFd> open_in_root(int root, const std::string& path, int flags, mode_t mode = 0);

Result<std::string> read_all(int fd, std::size_t limit);  // Exhausted when there is more than `limit` bytes
Result<std::string> read_file(const std::string& path, std::size_t limit = std::size_t{1} << 30);
Result<void> write_all(int fd, std::string_view data);  // retries short writes and EINTR
Result<void> write_file(const std::string& path, std::string_view data, mode_t mode = 0644);
// Whole or not at all: written beside, synced, renamed into place.
Result<void> replace_file(const std::string& path, std::string_view data, mode_t mode = 0644);
Result<void> make_directories(const std::string& path, mode_t mode = 0755);  // like mkdir -p
// Removes a tree below `path`, itself too, never following a symlink, also through directories without
// permissions. A path that does not exist is no error.
Result<void> remove_tree(const std::string& path);
bool exists(const std::string& path);  // lstat

// Paths as text. No file system access.
std::string join_path(std::string_view directory, std::string_view name);
std::string_view base_name(std::string_view path);                        // "a/b/" gives "b"; "/" gives ""
std::string_view directory_name(std::string_view path);                   // "a" gives "."
std::string absolute_path(std::string_view path, std::string_view base);  // lexically normal: no ".", "..", "//"

// Of an entry of a directory, and nothing else: not empty, neither "." nor "..", without slash and NUL.
bool is_file_name(std::string_view name);

std::string current_directory();  // absolute; "/" when it is gone
std::string home_directory();     // $HOME, else the password file's, else "/"

}  // namespace boxcar
