#include "run/measure.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/directory.h"
#include "base/fd.h"
#include "base/pattern.h"
#include "base/text.h"

namespace boxcar {

namespace {

class Measurer {
 public:
  Measurer(const ScaleRule& rule, const GivenUp& given_up) : rule_(rule), given_up_(given_up) {}

  Result<Measured> measure(const std::string& path) {
    if (rule_.regex != ScaleRule().regex) {
      TRY(regex_, Regex::compile(rule_.regex));
    }
    TRY(const auto top, open_file(path, O_PATH));
    struct stat info {};
    if (::fstat(top.get(), &info) != 0) return fail_errno("looking at " + path);
    if (S_ISREG(info.st_mode)) {
      add(std::string(base_name(path)), std::string(base_name(path)), static_cast<std::uint64_t>(info.st_size));
      return measured_;
    }
    auto root = open_beneath(top.get(), rule_.directory, O_PATH | O_DIRECTORY);
    if (!root && root.error().kind == ErrorKind::Denied) return fail(root.error());
    if (!root) return measured_;  // there is none, or it is a symlink or a file
    CHECK_OK(walk(root->get()));
    return measured_;
  }

 private:
  Result<void> go_on() const {
    if (given_up_ && given_up_()) return fail(ErrorKind::Cancelled, "interrupted");
    return {};
  }

  // Not by recursion: a tree may be deeper than a stack.
  Result<void> walk(int root) {
    std::vector<std::string> left(1, "");
    while (!left.empty()) {
      const std::string directory = std::move(left.back());
      left.pop_back();
      CHECK_OK(go_on());
      auto fd = open_beneath(root, directory, O_RDONLY | O_DIRECTORY);
      auto names = fd ? list_directory(fd->get(), "") : tl::unexpected(fd.error());
      if (!names) return fail(std::move(names).error());
      for (const auto& name : *names) {
        CHECK_OK(go_on());
        struct stat info {};
        if (::fstatat(fd->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
        std::string path = directory.empty() ? name : directory + "/" + name;
        if (S_ISDIR(info.st_mode)) {
          left.push_back(std::move(path));
        } else if (S_ISREG(info.st_mode)) {
          add(path, name, static_cast<std::uint64_t>(info.st_size));
        }
      }
    }
    return {};
  }

  // Files of one direct subdirectory come one after the other: what was put last is taken first.
  void add(const std::string& path, const std::string& name, std::uint64_t bytes) {
    if (!matches_glob(rule_.glob, name) || (regex_ && !regex_->matches(path))) return;
    const bool items = rule_.mode == ScaleRule::Mode::LargestItem;
    const auto slash = path.find('/');
    if (items && slash == std::string::npos) return;  // in no item
    ++measured_.files;
    switch (rule_.mode) {
      case ScaleRule::Mode::Sum:
        measured_.bytes += bytes;
        break;
      case ScaleRule::Mode::LargestFile:
        measured_.bytes = std::max(measured_.bytes, bytes);
        break;
      case ScaleRule::Mode::LargestItem:
        if (path.compare(0, slash, item_) != 0) {
          item_ = path.substr(0, slash);
          item_bytes_ = 0;
        }
        item_bytes_ += bytes;
        measured_.bytes = std::max(measured_.bytes, item_bytes_);
        break;
    }
  }

  const ScaleRule& rule_;
  const GivenUp& given_up_;
  std::optional<Regex> regex_;  // none: every path matches
  Measured measured_;
  std::string item_;
  std::uint64_t item_bytes_ = 0;
};

}  // namespace

Result<Measured> measure(const ScaleRule& rule, const std::string& path, const GivenUp& given_up) {
  return Measurer(rule, given_up).measure(path);
}

}  // namespace boxcar
