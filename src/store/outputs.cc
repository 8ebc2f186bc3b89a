#include "store/outputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/directory.h"
#include "base/interrupt.h"
#include "base/mounts.h"
#include "base/text.h"
#include "base/tree_digest.h"
#include "store/copy.h"

namespace boxcar {

namespace {

// Replaced symlinks may bring symlinks of their own; a tree that brings itself ends here.
constexpr int kMostReplacements = 8;

// What of `path` is below `directory`, or none. Both absolute and normal.
std::optional<std::string> within(const std::string& directory, const std::string& path) {
  if (path == directory) return "";
  if (path.starts_with(directory) && path[directory.size()] == '/') return path.substr(directory.size() + 1);
  return std::nullopt;
}

// What a symlink at `path` of the directory that a container sees at `mounted` leads to there, as far as its text
// tells.
struct Destination {
  std::optional<std::string> inside;   // of the same directory
  const ActionInput* input = nullptr;  // else of this one
  std::string rest;                    // below it
  bool leads_out() const { return !inside && input == nullptr; }
};

Destination destination(const std::string& mounted, const std::string& path, const std::string& target,
                        const std::vector<ActionInput>& inputs) {
  Destination to;
  const std::string place = absolute_path(target, directory_name(join_path(mounted, path)));
  if ((to.inside = within(mounted, place))) return to;
  for (const auto& input : inputs) {
    const auto rest = within(input.path, place);
    if (!rest || input.source.empty()) continue;
    to.input = &input;
    to.rest = *rest;
    break;
  }
  return to;
}

class Settler {
 public:
  Settler(UniqueFd root, const ActionOutput& output, const std::vector<ActionInput>& inputs)
      : root_(std::move(root)),
        output_(output),
        inputs_(inputs),
        mounted_(output.kind == PortKind::File ? std::string(directory_name(output.path)) : output.path),
        uid_(caller_uid()),
        gid_(caller_gid()) {}

  Result<bool> directory_port() {
    TRY(const auto names, names_after_owning(""));
    // What was there to begin with is no sign that the step wrote anything, but none either that it didn't.
    if (names.empty() && output_.required && output_.works_on.empty()) return missing();
    CHECK_OK(settle("", 0));
    CHECK_OK(finish());
    return true;
  }

  Result<bool> file_port() {
    const std::string name(base_name(output_.path));
    TRY(const auto names, names_after_owning(""));
    struct stat info {};
    if (::fstatat(root_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) return fail_errno(about(name));
      if (output_.required) return missing();
      return false;
    }
    // Beside the file may lie what the step needed to write it. A symlink may lead there.
    if (!S_ISLNK(info.st_mode)) CHECK_OK(remove_all_but(name, names));
    CHECK_OK(settle("", 0));
    if (S_ISLNK(info.st_mode)) {
      CHECK_OK(replace_by_file(name));
      CHECK_OK(remove_all_but(name, names));
    }
    if (::fstatat(root_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return fail_errno(about(name));
    if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Invalid, about(name) + " is a directory, not a file");
    CHECK_OK(finish());
    return true;
  }

  // The file port's symlink becomes the file; what lies beside it stays.
  Result<void> file_for_link() {
    const std::string name(base_name(output_.path));
    struct stat info {};
    if (::fstatat(root_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(info.st_mode)) return {};
    CHECK_OK(settle("", 0));
    return replace_by_file(name);
  }

 private:
  struct Link {
    std::string path;
    int replacements;  // how many symlinks were replaced to bring this one
  };

  // "output port 'x': /output/a"
  std::string about(const std::string& path) const {
    return "output port '" + output_.port + "': " + printable(join_path(mounted_, path));
  }

  tl::unexpected<Error> missing() const {
    const bool file = output_.kind == PortKind::File;
    return fail(ErrorKind::Invalid, "output port '" + output_.port + "': the step wrote " +
                                        (file ? "no file " : "nothing to ") + printable(output_.path));
  }

  Result<std::vector<std::string>> names_after_owning(const std::string& path) {
    struct stat info {};
    if (::fstatat(root_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0) {
      return fail_errno(about(path));
    }
    CHECK_OK(own(path, info));
    return list_directory(root_.get(), path);
  }

  Result<void> own(const std::string& path, const struct stat& info) {
    const char* const name = path.empty() ? "." : path.c_str();
    // To chown a program also takes away the capabilities that a container may have given it; a chmod those of setuid.
    const bool program = S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0;
    if ((info.st_uid != uid_ || info.st_gid != gid_ || program) &&
        ::fchownat(root_.get(), name, uid_, gid_, AT_SYMLINK_NOFOLLOW) != 0) {
      return fail_errno("taking ownership of " + about(path));
    }
    if (S_ISLNK(info.st_mode)) return {};
    const bool directory = S_ISDIR(info.st_mode);
    // Directories stay writable until all in them is done.
    const mode_t wanted = directory ? 0755 : (info.st_mode & 0111) != 0 ? 0555 : 0444;
    if ((info.st_mode & 07777) != wanted && ::fchmodat(root_.get(), name, wanted, 0) != 0) {
      return fail_errno("changing the mode of " + about(path));
    }
    if (directory) directories_.push_back(path);
    return {};
  }

  Result<void> settle(const std::string& path, int replacements) {
    if (path.empty()) {
      TRY(const auto names, list_directory(root_.get(), path));
      return settle_all(path, names, replacements);
    }
    struct stat info {};
    if (::fstatat(root_.get(), path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENAMETOOLONG) return fail(ErrorKind::Invalid, about(path) + " lies too deep");
      return fail_errno(about(path));
    }
    const auto kind = kind_of(info);
    if (!kind) {
      const char* what = S_ISFIFO(info.st_mode) ? "a FIFO" : S_ISSOCK(info.st_mode) ? "a socket" : "a device";
      return fail(ErrorKind::Invalid, about(path) + " is " + what + ", which a result can't hold");
    }
    CHECK_OK(own(path, info));
    if (*kind == EntryKind::Symlink) links_.push_back({path, replacements});
    if (*kind != EntryKind::Directory) return {};
    TRY(const auto names, list_directory(root_.get(), path));
    return settle_all(path, names, replacements);
  }

  Result<void> settle_all(const std::string& path, const std::vector<std::string>& names, int replacements) {
    for (const auto& name : names) CHECK_OK(settle(join_path(path, name), replacements));
    return {};
  }

  Result<void> finish() {
    for (std::size_t i = 0; i < links_.size(); ++i) {  // which grows meanwhile
      const Link link = links_[i];
      CHECK_OK(settle_symlink(link));
    }
    for (const Link& link : links_) CHECK_OK(check_symlink(link.path));
    // Parents last, so that a directory is not closed to its owner while its own are changed.
    for (auto path = directories_.rbegin(); path != directories_.rend(); ++path) {
      if (::fchmodat(root_.get(), path->empty() ? "." : path->c_str(), 0555, 0) != 0) {
        return fail_errno("changing the mode of " + about(*path));
      }
    }
    return {};
  }

  // "": no symlink any more.
  Result<std::string> target_of(const std::string& path) const {
    std::string text(4096, '\0');
    const ssize_t n = ::readlinkat(root_.get(), path.c_str(), text.data(), text.size());
    if (n < 0 && errno != EINVAL) return fail_errno("reading the symlink " + about(path));
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  Result<void> settle_symlink(const Link& link) {
    TRY(const auto target, target_of(link.path));
    const Destination to = destination(mounted_, link.path, target, inputs_);
    if (to.leads_out()) return leads_out(link.path, target);
    if (to.input != nullptr) return replace_by_content(link, target, *to.input, to.rest);
    if (!target.starts_with('/')) return {};
    std::string relative;
    for (const char c : link.path) relative += c == '/' ? "../" : "";
    relative += *to.inside;
    return replace_symlink(link.path, relative.empty() ? "." : relative);
  }

  tl::unexpected<Error> leads_out(const std::string& path, const std::string& target) const {
    return fail(ErrorKind::Invalid, about(path) + " is a symlink to " + printable(target) +
                                        ", which is neither in this output nor in an input");
  }

  Result<void> replace_symlink(const std::string& path, const std::string& target) {
    if (::unlinkat(root_.get(), path.c_str(), 0) != 0 || ::symlinkat(target.c_str(), root_.get(), path.c_str()) != 0) {
      return fail_errno("rewriting the symlink " + about(path));
    }
    return {};
  }

  Result<void> replace_by_content(const Link& link, const std::string& target, const ActionInput& input,
                                  const std::string& rest) {
    if (link.replacements >= kMostReplacements) {
      return fail(ErrorKind::Invalid, about(link.path) + " is a symlink into an input that leads into itself");
    }
    TRY(const auto source, open_file(input.source, O_PATH));
    const UniqueFd content =
        rest.empty() ? UniqueFd(::fcntl(source.get(), F_DUPFD_CLOEXEC, 0)) : open_within(source.get(), rest, O_PATH);
    if (!content && errno == EIO) return fail_errno("following the symlink " + about(link.path));
    if (!content) return leads_out(link.path, target);
    struct stat info {};
    if (::fstat(content.get(), &info) != 0) return fail_errno(about(link.path));
    if (::unlinkat(root_.get(), link.path.c_str(), 0) != 0) return fail_errno("replacing " + about(link.path));
    auto copied = S_ISDIR(info.st_mode) ? copy_tree(content.get(), "", root_.get(), link.path)
                                        : copy_file(content.get(), link.path);
    if (!copied) return fail(std::move(copied).error().in(about(link.path)));
    return settle(link.path, link.replacements + 1);
  }

  // `from` may be open with O_PATH.
  Result<void> copy_file(int from, const std::string& to) {
    TRY(const auto source, open_file("/proc/self/fd/" + std::to_string(from), O_RDONLY | O_NONBLOCK));
    struct stat info {};
    if (::fstat(source.get(), &info) != 0) return fail_errno("reading");
    if (!S_ISREG(info.st_mode)) return fail(ErrorKind::Invalid, "it leads to no file and no directory");
    const UniqueFd target(::openat(root_.get(), to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!target) return fail_errno("creating it");
    CHECK_OK(copy_content(source.get(), target.get()));
    if (::fchmod(target.get(), (info.st_mode & 0111) != 0 ? 0555 : 0444) != 0) return fail_errno("changing its mode");
    return {};
  }

  // The text of a symlink does not tell where it leads when there are symlinks on its way: the kernel does.
  Result<void> check_symlink(const std::string& path) {
    TRY(const auto target, target_of(path));
    if (target.empty()) return {};  // replaced by content
    const UniqueFd fd = open_within(root_.get(), path, O_PATH);
    if (fd || errno == ENOENT || errno == ELOOP || errno == ENOTDIR) return {};
    if (errno == EIO) return fail_errno("following the symlink " + about(path));
    return leads_out(path, target);
  }

  // The file that a file port's symlink leads to, in its place.
  Result<void> replace_by_file(const std::string& name) {
    for (std::size_t i = 0; i < links_.size(); ++i) CHECK_OK(settle_symlink(Link(links_[i])));
    const UniqueFd content = open_within(root_.get(), name, O_PATH);
    if (!content && errno == EIO) return fail_errno("following the symlink " + about(name));
    TRY(const auto target, target_of(name));
    if (!content) return leads_out(name, target);
    links_.clear();
    directories_ = {""};
    struct stat info {};
    if (::fstatat(root_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(info.st_mode)) return {};
    if (::unlinkat(root_.get(), name.c_str(), 0) != 0) return fail_errno("replacing " + about(name));
    if (auto copied = copy_file(content.get(), name); !copied) return fail(std::move(copied).error().in(about(name)));
    return {};
  }

  Result<void> remove_all_but(const std::string& name, const std::vector<std::string>& names) {
    for (const auto& other : names) {
      if (other != name) CHECK_OK(remove_tree("/proc/self/fd/" + std::to_string(root_.get()) + "/" + other));
    }
    return {};
  }

  const UniqueFd root_;
  const ActionOutput& output_;
  const std::vector<ActionInput>& inputs_;
  const std::string mounted_;  // where the container saw the root
  const uid_t uid_;
  const gid_t gid_;
  std::vector<Link> links_;
  std::vector<std::string> directories_;
};

}  // namespace

Result<std::optional<std::pair<std::string, std::string>>> link_that_leads_out(const std::string& root,
                                                                               const std::string& mounted,
                                                                               const std::vector<ActionInput>& inputs) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::recursive_directory_iterator at(root, error), end; !error && at != end; at.increment(error)) {
    if (interrupted()) return fail(interruption());
    if (!at->is_symlink(error)) continue;
    const std::string target = fs::read_symlink(at->path(), error);
    const std::string path = at->path().string().substr(root.size() + (root.ends_with('/') ? 0 : 1));
    if (!error && destination(mounted, path, target, inputs).leads_out()) return std::pair(path, target);
  }
  return std::nullopt;
}

const ActionOutput* sharing_host(const std::vector<ActionOutput>& outputs, const ActionOutput& output) {
  if (output.kind != PortKind::File || !output.direct.empty()) return nullptr;
  for (const auto& other : outputs) {
    if (&other == &output) return nullptr;
    const bool beside = other.kind == PortKind::File && other.direct.empty() &&
                        directory_name(other.path) == directory_name(output.path);
    if (beside) return &other;
  }
  return nullptr;
}

Result<bool> settle_output(const std::string& directory, const ActionOutput& output,
                           const std::vector<ActionInput>& inputs) {
  TRY(auto root, open_file(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  Settler settler(std::move(root), output, inputs);
  return output.kind == PortKind::File ? settler.file_port() : settler.directory_port();
}

Result<void> replace_link_by_file(const std::string& directory, const ActionOutput& output,
                                  const std::vector<ActionInput>& inputs) {
  TRY(auto root, open_file(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  return Settler(std::move(root), output, inputs).file_for_link();
}

}  // namespace boxcar
