// Tries from inside a container what it must not be able to do. Is the /kliko of an image; leaves a verdict a line in
// /output/verdicts ("ok NAME" or "BAD NAME: what was found") and its environment in /output/environment.
// Static, so that it needs nothing of the image. tests/scenario_lib.sh has confined(), which runs it on any engine.
#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

extern char** environ;

namespace {

std::ofstream verdicts;

void verdict(const std::string& name, bool good, const std::string& found = "") {
  verdicts << (good ? "ok " + name : "BAD " + name + ": " + found) << '\n';
}

std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  if (DIR* stream = ::opendir(path.c_str())) {
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(stream);
  }
  return names;
}

// A call that must fail, with one of these; in a process of its own, so that what is done all the same changes no
// other.
void refused(const std::string& name, const std::set<int>& how, const std::function<long()>& call) {
  verdicts.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    errno = 0;
    ::_exit(call() < 0 ? errno : 0);
  }
  int code = 0;
  ::waitpid(child, &code, 0);
  const int number = WIFEXITED(code) ? WEXITSTATUS(code) : 0;
  verdict(name, how.contains(number), number != 0 ? std::strerror(number) : "it was done");
}

std::string status(const std::string& field) {
  const std::string text = "\n" + read_text("/proc/self/status");
  const auto at = text.find("\n" + field + ":");
  if (at == std::string::npos) return "(none)";
  const auto begin = text.find_first_not_of(" \t", at + field.size() + 2);
  return text.substr(begin, text.find('\n', begin) - begin);
}

void rights() {
  const auto is = [](const std::string& field, const std::string& wanted) {
    verdict(field, status(field) == wanted, status(field));
  };
  is("NoNewPrivs", "1");
  is("Seccomp", "2");
  is("Umask", "0022");
  // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
  for (const char* set : {"CapPrm", "CapEff", "CapBnd"}) is(set, "00000000800405fb");
  for (const char* set : {"CapInh", "CapAmb"}) is(set, "0000000000000000");
}

void system_calls() {
  const std::set<int> how{EPERM, ENOSYS, EACCES};
  const auto none = [](long number) { return ::syscall(number, 0, 0, 0, 0, 0, 0); };
  for (const int space :
       {0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x02000000}) {  // user, mount, pid, net, cgroup
    refused("unshare_" + std::to_string(space), how, [&] { return ::syscall(SYS_unshare, space); });
  }
  refused("mount", how, [] { return ::mount("none", "/tmp", "tmpfs", 0, nullptr); });
  refused("keyctl", how, [] { return ::syscall(SYS_keyctl, 0, -3, 1, 0, 0); });
  refused("add_key", how, [] { return ::syscall(SYS_add_key, "user", "boxcar", "x", 1, -3); });
  refused("request_key", how, [] { return ::syscall(SYS_request_key, "user", "boxcar", nullptr, -3); });
  // A C library falls back to clone from ENOSYS alone.
  refused("clone3", {ENOSYS}, [&] { return none(SYS_clone3); });
  refused("bpf", how, [&] { return none(SYS_bpf); });
  refused("perf_event_open", how, [&] { return none(SYS_perf_event_open); });
  refused("io_uring_setup", how, [&] { return none(SYS_io_uring_setup); });
  refused("userfaultfd", how, [&] { return none(SYS_userfaultfd); });
  refused("open_by_handle_at", how, [&] { return none(SYS_open_by_handle_at); });
  refused("init_module", how, [&] { return none(SYS_init_module); });
  refused("kexec_load", how, [&] { return none(SYS_kexec_load); });
  refused("reboot", how, [&] { return none(SYS_reboot); });
  refused("swapon", how, [&] { return none(SYS_swapon); });
  refused("sethostname", how, [] { return ::sethostname("evil", 4); });
  refused("setns", {EPERM, ENOSYS, EACCES}, [] {
    const int fd = ::open("/proc/self/ns/mnt", O_RDONLY);
    return ::syscall(SYS_setns, fd, 0);
  });
  for (const auto& [name, type, device] :
       {std::tuple("mknod_disk", S_IFBLK, makedev(8, 0)), std::tuple("mknod_memory", S_IFCHR, makedev(1, 1)),
        std::tuple("mknod_null", S_IFCHR, makedev(1, 3))}) {
    refused(name, how, [&, type = type, device = device] { return ::mknod("/tmp/node", type | 0600, device); });
  }
}

void hidden_paths() {
  for (const char* path : {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                           "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
                           "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux"}) {
    struct stat info {};
    if (::stat(path, &info) != 0) continue;
    char byte = 0;
    const int fd = ::open(path, O_RDONLY | O_NONBLOCK);
    const bool hidden = S_ISDIR(info.st_mode) ? names_in(path).empty() : fd < 0 || ::read(fd, &byte, 1) <= 0;
    verdict("masked " + std::string(path), hidden, "something can be read");
  }
  for (const char* path : {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sys/kernel/core_pattern",
                           "/proc/sysrq-trigger", "/sys", "/sys/kernel", "/sys/fs/cgroup"}) {
    if (::access(path, F_OK) != 0) continue;
    refused("read-only " + std::string(path), {EROFS, EACCES, EPERM}, [&] { return ::access(path, W_OK); });
  }
}

void inputs() {
  const std::set<int> how{EROFS, EPERM, EACCES, EBUSY, ENOSYS};
  for (const std::string path : {"/input", "/parameters.json"}) {
    refused("write " + path, how, [&] {
      return ::open((path == "/input" ? "/input/new" : path).c_str(), O_WRONLY | (path == "/input" ? O_CREAT : 0),
                    0600);
    });
    refused("chmod " + path, how, [&] { return ::chmod(path.c_str(), 0777); });
    refused("rename " + path, how, [&] { return ::rename(path.c_str(), "/moved"); });
    refused("unmount " + path, how, [&] { return ::umount2(path.c_str(), MNT_DETACH); });
    refused("remount " + path, how,
            [&] { return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr); });
    refused("bind " + path, how, [&] { return ::mount(path.c_str(), "/tmp", nullptr, MS_BIND, nullptr); });
  }
  for (const auto& name : names_in("/input")) {
    const std::string path = "/input/" + name;
    refused("write " + path, how, [&] { return ::open(path.c_str(), O_WRONLY | O_TRUNC); });
    refused("remove " + path, how, [&] { return ::unlink(path.c_str()); });
    refused("link " + path, {EXDEV, EPERM, EROFS}, [&] { return ::link(path.c_str(), "/output/linked"); });
  }
}

void what_is_seen() {
  const auto processes = names_in("/proc");
  const auto count = std::count_if(processes.begin(), processes.end(),
                                   [](const std::string& name) { return name[0] >= '0' && name[0] <= '9'; });
  verdict("processes", count == 1 && ::getpid() == 1, std::to_string(count) + " are seen");

  struct stat root {};
  struct stat first {};
  ::stat("/", &root);
  const bool same =
      ::stat("/proc/1/root/.", &first) != 0 || (root.st_dev == first.st_dev && root.st_ino == first.st_ino);
  verdict("/proc/1/root", same, "is another root");

  utsname name{};
  ::uname(&name);
  verdict("hostname", std::strcmp(name.nodename, "boxcar") == 0, name.nodename);

  const std::set<std::string> nodes{"null", "zero", "full",  "random", "urandom", "tty", "console", "ptmx",
                                    "fd",   "core", "stdin", "stdout", "stderr",  "pts", "shm",     "mqueue"};
  for (const auto& node : names_in("/dev")) {
    if (!nodes.contains(node)) verdict("/dev", false, node);
  }
  std::set<std::string> open;
  for (const auto& fd : names_in("/proc/self/fd")) {
    char target[256] = {};
    if (::readlink(("/proc/self/fd/" + fd).c_str(), target, sizeof target - 1) <= 0) continue;
    const std::string to = target;
    if (std::stoi(fd) > 2 && to != "/output/verdicts" && to.find("/fd") == std::string::npos) open.insert(to);
  }
  verdict("descriptors", open.empty(), open.empty() ? "" : *open.begin());

  // "36 35 98:0 /root /mount/point …"
  const std::vector<std::string> ours{"/proc",         "/dev",         "/sys",
                                      "/input",        "/output",      "/parameters.json",
                                      "/param_files",  "/etc/hosts",   "/etc/resolv.conf",
                                      "/etc/hostname", "/run/secrets", "/run/.containerenv"};
  std::istringstream mounts(read_text("/proc/self/mountinfo"));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, from, at;
    fields >> id >> parent >> device >> from >> at;
    const bool known = at == "/" || std::any_of(ours.begin(), ours.end(), [&](const std::string& one) {
                         return at == one || at.starts_with(one + "/");
                       });
    if (!known) verdict("mounts", false, line);
  }
}

void no_gain() {
  refused("controlling terminal", {ENXIO, ENOENT, ENODEV, EPERM},
          [] { return ::open("/dev/tty", O_RDWR | O_NONBLOCK); });
  refused("TIOCSTI", {ENOTTY, EPERM, EIO, EBADF, EINVAL}, [] { return ::ioctl(0, TIOCSTI, "x"); });
  // A program of root with the setuid bit, started by another user.
  {
    std::ifstream self("/proc/self/exe", std::ios::binary);
    std::ofstream("/tmp/setuid", std::ios::binary) << self.rdbuf();
  }
  ::chmod("/tmp/setuid", 04755);
  const pid_t child = ::fork();
  if (child == 0) {
    // Where the container has one id only, there is nobody else.
    if (::setgid(1234) != 0 || ::setuid(1234) != 0) ::_exit(errno == EINVAL ? 0 : 3);
    ::execl("/tmp/setuid", "setuid", "who", nullptr);
    ::_exit(4);
  }
  int code = 0;
  ::waitpid(child, &code, 0);
  ::unlink("/tmp/setuid");
  verdict("setuid", WIFEXITED(code) && WEXITSTATUS(code) == 0, "status " + std::to_string(code));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "who") return ::geteuid() == 1234 ? 0 : 1;
  verdicts.open("/output/verdicts");
  rights();
  what_is_seen();
  hidden_paths();
  system_calls();
  inputs();
  no_gain();
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  std::sort(variables.begin(), variables.end());
  std::ofstream environment("/output/environment");
  for (const auto& variable : variables) environment << variable << '\n';
  verdicts << "done\n";
  return 0;
}
