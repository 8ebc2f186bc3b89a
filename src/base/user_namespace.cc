#include "base/user_namespace.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>

#include "base/fd.h"
#include "base/process.h"
#include "base/sha256.h"
#include "base/text.h"

namespace boxcar {

namespace {

constexpr std::uint64_t kAllIds = 4294967295;  // of the map that a machine starts with

bool entered = false;
std::string one_id_because;

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<IdRange> own_map(const char* file) {
  return parse_id_map(read_file(file, 1 << 16).value_or(""));
}

std::uint64_t size_of(const std::vector<IdRange>& map) {
  return std::accumulate(map.begin(), map.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const IdRange& range) { return sum + range.count; });
}

unsigned outside(const char* map, unsigned id) {
  for (const auto& range : own_map(map)) {
    if (id >= range.inside && id - range.inside < range.count) return range.outside + (id - range.inside);
  }
  return id;
}

bool may_administer() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  return ::syscall(SYS_capget, &header, data.data()) == 0 && (data[0].effective >> CAP_SYS_ADMIN & 1) != 0;
}

struct Ids {
  uid_t uid = ::geteuid();
  gid_t gid = ::getegid();
  std::vector<IdRange> uids;
  std::vector<IdRange> gids;
};

Ids ids_to_map() {
  Ids ids;
  const passwd* entry = ::getpwuid(ids.uid);
  const std::string name = entry != nullptr ? entry->pw_name : "";
  const auto ranges = [&](const char* file) {
    return subordinate_ids(read_file(file, 1 << 24).value_or(""), name, ids.uid);
  };
  ids.uids = ranges("/etc/subuid");
  ids.gids = ranges("/etc/subgid");
  if (ids.uids.empty() || ids.gids.empty()) {
    one_id_because = "no range in " + std::string(ids.uids.empty() ? "/etc/subuid" : "/etc/subgid") + " is " +
                     (name.empty() ? std::to_string(ids.uid) : name) + "'s";
  } else if (!find_program("newuidmap") || !find_program("newgidmap")) {
    one_id_because = "newuidmap is not installed (Debian, Ubuntu: apt install uidmap)";
  }
  if (!one_id_because.empty()) ids.uids = ids.gids = {};
  return ids;
}

// Run from outside: the programs have root's rights to look the ranges up and write the map of the process `pid`.
std::string map_ids(pid_t pid, const char* program, unsigned own, const std::vector<IdRange>& ranges) {
  SpawnOptions options;
  options.argv = {program, std::to_string(pid), "0", std::to_string(own), "1"};
  for (const auto& range : ranges) {
    for (const unsigned value : {range.inside, range.outside, range.count})
      options.argv.push_back(std::to_string(value));
  }
  const auto done = run_program(std::move(options), std::chrono::seconds(20));
  if (!done) return done.error().text();
  return done->exit.code == 0 ? "" : printable(done->err.empty() ? std::string(program) + " failed" : done->err);
}

// A process that stayed outside, to map the ids of the one that entered.
class Mapper {
 public:
  Result<void> start(const Ids& ids) {
    TRY(Pipe ask, make_pipe());
    TRY(Pipe answer, make_pipe());
    ask_ = std::move(ask.in);
    answer_ = std::move(answer.out);
    const pid_t parent = ::getpid();
    pid_ = ::fork();  // small, with one thread: see docs/architecture.md
    if (pid_ < 0) return fail_errno("starting a process");
    if (pid_ > 0) return {};
    ask_.reset();
    char byte = 0;
    if (::read(ask.out.get(), &byte, 1) != 1) ::_exit(0);
    std::string wrong = map_ids(parent, "newuidmap", ids.uid, ids.uids);
    if (wrong.empty()) wrong = map_ids(parent, "newgidmap", ids.gid, ids.gids);
    std::ignore = write_all(answer.in.get(), wrong);
    ::_exit(0);
  }

  // What went wrong, or "".
  std::string map() {
    std::ignore = write_all(ask_.get(), "!");
    auto wrong = read_all(answer_.get(), 1 << 16);
    return wrong ? *std::move(wrong) : wrong.error().text();
  }

  ~Mapper() {
    ask_.reset();
    if (pid_ > 0) {
      while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }

 private:
  UniqueFd ask_, answer_;
  pid_t pid_ = -1;
};

// Everybody may map his own id to himself, if he forgoes setgroups().
Result<void> map_one_id(const Ids& ids) {
  const auto write = [](const char* file, const std::string& text) -> Result<void> {
    TRY(const auto fd, open_file(file, O_WRONLY));
    if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      return fail_errno("writing " + std::string(file));
    return {};
  };
  if (own_map("/proc/self/uid_map").empty()) {
    CHECK_OK(write("/proc/self/uid_map", "0 " + std::to_string(ids.uid) + " 1"));
  }
  CHECK_OK(write("/proc/self/setgroups", "deny"));
  return write("/proc/self/gid_map", "0 " + std::to_string(ids.gid) + " 1");
}

Result<void> enter(const Ids& ids) {
  Mapper mapper;
  if (!ids.uids.empty()) CHECK_OK(mapper.start(ids));
  // The mount namespace only to see whether there are rights in it: AppArmor may let a process in without any.
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return fail_errno("entering a user namespace");
  if (!ids.uids.empty()) {
    one_id_because = mapper.map();
    if (one_id_because.empty()) return {};
  }
  return map_one_id(ids);
}

Error explained(Error error) {
  if (error.kind == ErrorKind::Internal) return error;  // EINVAL: there are threads
  const std::string why = what_forbids_user_namespaces("/proc/sys");
  if (!why.empty()) error.message += ": " + why;
  return error;
}

}  // namespace

std::vector<IdRange> parse_id_map(std::string_view text) {
  std::vector<IdRange> map;
  for (const auto line : lines(text)) {
    std::vector<unsigned> numbers;
    for (const auto word : split(line, ' ')) {
      if (const auto value = number(word)) numbers.push_back(*value);
    }
    if (numbers.size() == 3) map.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return map;
}

std::vector<IdRange> subordinate_ids(std::string_view text, std::string_view name, unsigned uid) {
  constexpr std::size_t kMost = 300;  // lines that a map may have, more or less
  std::vector<IdRange> ranges;
  unsigned next = 1;
  for (const auto line : lines(text)) {  // "name:100000:65536", or the number for the name
    const auto fields = split(line, ':');
    if (fields.size() != 3 || fields[0].empty()) continue;
    if (fields[0] != name && fields[0] != std::to_string(uid)) continue;
    const auto first = number(fields[1]);
    const auto count = number(fields[2]);
    if (!first || !count || *count == 0 || *count > kAllIds - next || ranges.size() == kMost) continue;
    ranges.push_back({next, *first, *count});
    next += *count;
  }
  return ranges;
}

std::string what_forbids_user_namespaces(const std::string& proc_sys) {
  const auto is = [&](const char* name, std::string_view value) {
    const auto text = read_file(join_path(proc_sys, name), 64);
    return text && lines(*text) == std::vector<std::string_view>{value};
  };
  if (is("kernel/unprivileged_userns_clone", "0")) {
    return "this machine forbids user namespaces to ordinary users; as root: sysctl -w "
           "kernel.unprivileged_userns_clone=1";
  }
  if (is("user/max_user_namespaces", "0")) {
    return "this machine forbids user namespaces; as root: sysctl -w user.max_user_namespaces=10000";
  }
  if (is("kernel/apparmor_restrict_unprivileged_userns", "1")) {
    return "AppArmor keeps programs without a profile from user namespaces here (Ubuntu); boxcar's profile, "
           "share/apparmor/boxcar, belongs to /etc/apparmor.d/boxcar, where boxcar's package puts it; then as root: "
           "apparmor_parser -r /etc/apparmor.d/boxcar";
  }
  return "";
}

bool rootless() {
  if (entered || ::geteuid() != 0) return true;
  static const bool in_a_namespace = own_map("/proc/self/uid_map") != std::vector<IdRange>{{0, 0, kAllIds}};
  return in_a_namespace;
}

Result<void> enter_user_namespace() {
  static std::optional<Error> refused;
  if (refused) return fail(*refused);
  if (entered || (::geteuid() == 0 && may_administer())) return {};
  auto done = enter(ids_to_map());
  if (done) {
    entered = true;
    return {};
  }
  refused = explained(std::move(done).error());
  return fail(*refused);
}

bool entered_user_namespace() {
  return entered;
}

uid_t outside_uid() {
  return ::geteuid() != 0 ? ::geteuid() : outside("/proc/self/uid_map", 0);
}

gid_t outside_gid() {
  return ::geteuid() != 0 ? ::getegid() : outside("/proc/self/gid_map", ::getegid());
}

bool has_one_id() {
  return size_of(own_map("/proc/self/uid_map")) <= 1 || size_of(own_map("/proc/self/gid_map")) <= 1;
}

std::string why_one_id() {
  return one_id_because;
}

std::string id_map_name() {
  if (!rootless()) return "";
  const std::string maps =
      read_file("/proc/self/uid_map", 1 << 16).value_or("") + read_file("/proc/self/gid_map", 1 << 16).value_or("");
  return sha256(maps).short_hex();
}

}  // namespace boxcar
