#include "engine/image_root.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>

#include "base/fd.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::size_t kListLimit = std::size_t{16} << 20;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > 0x7FFFFFFF) return {};
  return value;
}

std::string_view next_field(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

// A missing list has no entries. Calls `see` with name, number, and the fields after it, until it says to stop.
Result<void> for_each_entry(int root, const char* path,
                            const std::function<bool(std::string_view, unsigned, std::string_view)>& see) {
  const auto fd = open_in_root(root, path, O_RDONLY | O_NONBLOCK);
  if (!fd) return fd.error().kind == ErrorKind::NotFound ? Result<void>() : Result<void>(fail(fd.error()));
  TRY(const auto text, read_all(fd->get(), kListLimit));
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = next_field(rest, '\n');
    const std::string_view name = next_field(line, ':');
    next_field(line, ':');  // the password
    if (const auto id = number(next_field(line, ':')); id && !see(name, *id, line)) break;
  }
  return {};
}

bool lists(std::string_view members, std::string_view name) {
  while (!members.empty()) {
    if (next_field(members, ',') == name) return true;
  }
  return false;
}

}  // namespace

Result<ContainerUser> find_user(int root, const std::string& user) {
  std::string_view group_part = user;
  const std::string_view user_part = next_field(group_part, ':');
  ContainerUser found;
  const auto uid = user_part.empty() ? std::optional(0U) : number(user_part);
  std::string name;
  bool listed = false;
  CHECK_OK(for_each_entry(root, "/etc/passwd", [&](std::string_view entry, unsigned id, std::string_view rest) {
    if (uid ? id != *uid : entry != user_part) return true;
    listed = true;
    name = entry;
    found.uid = id;
    found.gid = number(next_field(rest, ':')).value_or(0);
    return false;
  }));
  if (!listed && !uid) {
    return fail(ErrorKind::Invalid, "the image's user " + in_quotes(user_part) + " is not in its /etc/passwd");
  }
  if (!listed) found.uid = *uid;

  const auto gid = number(group_part);
  if (gid) found.gid = *gid;
  bool group_listed = gid.has_value();
  if (!group_listed)
    CHECK_OK(for_each_entry(root, "/etc/group", [&](std::string_view entry, unsigned id, std::string_view members) {
      if (!group_part.empty()) {
        if (entry != group_part) return true;
        found.gid = id;
        group_listed = true;
        return false;
      }
      if (listed && lists(members, name)) found.groups.push_back(id);
      return true;
    }));
  // The group itself is always among them: or files that shut it out would be open to this process (CVE-2022-2989).
  if (std::find(found.groups.begin(), found.groups.end(), found.gid) == found.groups.end()) {
    found.groups.insert(found.groups.begin(), found.gid);
  }
  if (!group_part.empty() && !group_listed) {
    return fail(ErrorKind::Invalid, "the image's group " + in_quotes(group_part) + " is not in its /etc/group");
  }
  return found;
}

namespace {

enum class Found { Yes, Missing, NotExecutable };

class ProgramCheck {
 public:
  ProgramCheck(int root, const Action& action, const std::vector<std::string>& mounted)
      : root_(root), action_(action), mounted_(mounted) {}

  Result<void> run() const {
    const std::string& name = action_.argv.front();
    if (name.find('/') != std::string::npos) return check(absolute_path(name, action_.working_dir), name);
    std::string_view places = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const auto& variable : action_.env) {
      if (variable.starts_with("PATH=")) places = std::string_view(variable).substr(5);
    }
    const std::string all(places);
    while (!places.empty()) {
      const std::string path = absolute_path(join_path(next_field(places, ':'), name), action_.working_dir);
      if (elsewhere(path)) return {};
      UniqueFd fd;
      if (look(path, fd) == Found::Yes) return check_needs(fd.get(), path);
    }
    return fail(ErrorKind::Invalid,
                "the program " + in_quotes(name) + " is not in " + image() + " (PATH is " + all + ")");
  }

 private:
  std::string image() const { return "the image " + action_.image->reference; }
  bool elsewhere(const std::string& path) const {
    return std::any_of(mounted_.begin(), mounted_.end(), [&](const std::string& target) {
      return path == target || (path.starts_with(target) && path[target.size()] == '/');
    });
  }

  Found look(const std::string& path, UniqueFd& fd) const {
    auto opened = open_in_root(root_, path, O_RDONLY | O_NONBLOCK);
    if (!opened) return Found::Missing;
    fd = std::move(*opened);
    struct stat info {};
    const bool runs = ::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0;
    return runs ? Found::Yes : Found::NotExecutable;
  }

  Result<void> check(const std::string& path, const std::string& name) const {
    if (elsewhere(path)) return {};
    UniqueFd fd;
    switch (look(path, fd)) {
      case Found::Missing:
        return fail(ErrorKind::Invalid, "there is no " + printable(name) + " in " + image());
      case Found::NotExecutable:
        return fail(ErrorKind::Invalid, printable(name) + " in " + image() + " is not an executable file");
      case Found::Yes:
        break;
    }
    return check_needs(fd.get(), path);
  }

  // What the file names as its own interpreter must be there too; the kernel's "no such file" would not say which.
  Result<void> check_needs(int fd, const std::string& path) const {
    std::array<char, 4096> head{};
    const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
    const std::string_view start(head.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    std::string needs;
    if (start.starts_with("#!")) {
      std::string_view line = start.substr(2, start.find('\n') - 2);
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      needs = line.substr(0, line.find_first_of(" \t"));
      if (needs.ends_with('\r')) {
        return fail(ErrorKind::Invalid, printable(path) + " in " + image() + " has the line ends of Windows");
      }
    } else if (start.starts_with(ELFMAG) && start.size() > EI_CLASS && start[EI_CLASS] == ELFCLASS64) {
      needs = loader_of(start);
    } else if (start.find('\0') == std::string_view::npos) {
      return fail(ErrorKind::Invalid,
                  printable(path) + " in " + image() + " is neither a program nor a script that begins with #!");
    }
    UniqueFd needed;
    if (needs.empty() || needs.front() != '/' || elsewhere(needs) || look(needs, needed) != Found::Missing) return {};
    return fail(ErrorKind::Invalid, printable(path) + " needs " + printable(needs) + ", which is not in " + image());
  }

  static std::string loader_of(std::string_view elf) {
    Elf64_Ehdr header{};
    if (elf.size() < sizeof header) return {};
    std::memcpy(&header, elf.data(), sizeof header);
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr segment{};
      const std::size_t at = header.e_phoff + i * sizeof segment;
      if (at > elf.size() || elf.size() - at < sizeof segment) return {};
      std::memcpy(&segment, elf.data() + at, sizeof segment);
      if (segment.p_type != PT_INTERP) continue;
      if (segment.p_offset > elf.size() || elf.size() - segment.p_offset < segment.p_filesz) return {};
      const std::string_view loader = elf.substr(segment.p_offset, segment.p_filesz);
      return std::string(loader.substr(0, loader.find('\0')));
    }
    return {};
  }

  int root_;
  const Action& action_;
  const std::vector<std::string>& mounted_;
};

}  // namespace

Result<void> check_program(int root, const Action& action, const std::vector<std::string>& mounted) {
  if (action.argv.empty() || action.argv.front().empty()) return fail(ErrorKind::Invalid, "there is no command to run");
  return ProgramCheck(root, action, mounted).run();
}

}  // namespace boxcar
