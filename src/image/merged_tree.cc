#include "image/merged_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <deque>

#include "base/fd.h"
#include "base/overlay.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr int kMaxSymlinks = 40;  // as Linux has it
constexpr int kMaxSteps = 256;    // each is looked for from the root of each layer on

using Names = std::vector<std::string>;

void push_front(std::deque<std::string>& names, const std::string& path) {
  Names parts;
  for (const auto part : split(path, '/')) {
    if (!part.empty()) parts.emplace_back(part);
  }
  names.insert(names.begin(), parts.begin(), parts.end());
}

// What one layer says of a path.
enum class Say { Nothing, Hides, Has };

struct Found {
  UniqueFd fd;  // O_PATH, of a symlink the symlink itself
  struct stat info {};
};

// What can't be looked at for these reasons is as good as not there; for others it must not pass for missing.
bool is_absent(int number) {
  return number == ENOENT || number == ENOTDIR || number == EACCES || number == ENAMETOOLONG;
}

// Walks `names` below `layer`. `covers`: whether what lower layers have there is hidden by this one.
Result<Say> ask(const std::string& layer, const Names& names, Found& found, bool& covers) {
  UniqueFd at(open(layer.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!at && !is_absent(errno)) return fail_errno("reading " + layer);
  for (std::size_t i = 0; at; ++i) {
    if (i == names.size()) {
      if (fstat(at.get(), &found.info) != 0) return fail_errno("reading " + layer);
      found.fd = std::move(at);
      return Say::Has;
    }
    // An O_PATH descriptor has no attributes to ask for.
    const UniqueFd readable(openat(at.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable && !is_absent(errno)) return fail_errno("reading " + layer);
    if (readable && !covers) {
      auto opaque = is_opaque(readable.get());
      if (!opaque) return fail(std::move(opaque).error().in("reading " + layer));
      covers = *opaque;
    }
    UniqueFd next(openat(at.get(), names[i].c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (!next && is_absent(errno)) return Say::Nothing;
    if (!next || fstat(next.get(), &info) != 0) return fail_errno("reading " + layer);
    if (is_whiteout(info) || (i + 1 < names.size() && !S_ISDIR(info.st_mode))) return Say::Hides;
    at = std::move(next);
  }
  return Say::Nothing;
}

Result<Found> find(const LayerTrees& layers, const Names& names) {
  bool covers = false;
  for (std::size_t i = 0;; ++i) {
    TRY(const std::string layer, layers(i));
    if (layer.empty()) break;
    Found found;
    TRY(const Say say, ask(layer, names, found, covers));
    if (say == Say::Has) return found;
    if (say == Say::Hides || covers) break;
  }
  return fail(ErrorKind::NotFound, "/" + printable(join(names, "/")) + " does not exist in the image");
}

}  // namespace

Result<std::string> read_merged_file(const std::vector<std::string>& layers, const std::string& path,
                                     std::size_t limit) {
  const auto all = [&](std::size_t i) -> Result<std::string> { return i < layers.size() ? layers[i] : ""; };
  return read_merged_file(LayerTrees(all), path, limit);
}

Result<std::string> read_merged_file(const LayerTrees& layers, const std::string& path, std::size_t limit) {
  std::deque<std::string> ahead;
  push_front(ahead, path);
  Names real;  // where we are: no symlinks, no ".."
  int symlinks = 0;
  for (int steps = 0; !ahead.empty(); ++steps) {
    if (steps == kMaxSteps) return fail(ErrorKind::Invalid, printable(path) + " leads through too many directories");
    const std::string name = std::move(ahead.front());
    ahead.pop_front();
    if (name == ".") continue;
    if (name == "..") {
      if (!real.empty()) real.pop_back();
      continue;
    }
    real.push_back(name);
    TRY(const Found found, find(layers, real));
    if (S_ISLNK(found.info.st_mode)) {
      if (++symlinks > kMaxSymlinks)
        return fail(ErrorKind::Invalid, "the symlinks of " + printable(path) + " go in circles");
      std::string target(PATH_MAX, '\0');
      const ssize_t length = readlinkat(found.fd.get(), "", target.data(), target.size());
      if (length < 0) return fail_errno("reading the symlink " + printable(path));
      target.resize(static_cast<std::size_t>(length));
      real.pop_back();
      if (target.starts_with('/')) real.clear();
      push_front(ahead, target);
      continue;
    }
    if (!ahead.empty() && S_ISDIR(found.info.st_mode)) continue;
    if (!ahead.empty())
      return fail(ErrorKind::NotFound,
                  printable(path) + " does not exist in the image: " + printable(name) + " is not a directory");
    if (!S_ISREG(found.info.st_mode)) break;
    TRY(const UniqueFd fd, open_file("/proc/self/fd/" + std::to_string(found.fd.get()), O_RDONLY));
    auto text = read_all(fd.get(), limit);
    if (!text) return fail(std::move(text).error().in(printable(path)));
    return text;
  }
  return fail(ErrorKind::Invalid, printable(path) + " is not a regular file");
}

}  // namespace boxcar
