#include "engine/oci_config.h"

#include <string_view>
#include <utility>

#include "base/text.h"
#include "engine/seccomp_profile.h"

namespace boxcar {

namespace {

constexpr std::string_view kStandardMounts = R"(
{"destination":"/proc","type":"proc","source":"proc","options":["nosuid","noexec","nodev"]},
{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mode=755","size=65536k"]},
{"destination":"/dev/shm","type":"tmpfs","source":"shm","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]},
{"destination":"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},
{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620")";
constexpr std::string_view kTerminalGroup = R"(,"gid=5")";
constexpr std::string_view kSysfs = R"(]},
{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]})";
// A user namespace may not mount the sysfs of a network that is not its own.
constexpr std::string_view kHostSysfs = R"(]},
{"destination":"/sys","type":"bind","source":"/sys","options":["rbind","nosuid","noexec","nodev",)";

constexpr std::size_t kUsualSize = std::size_t{64} << 10;  // more than any config but for its variables

class Json {
 public:
  // Makes room at once, so that no outgrown copy with a secret in it is left in memory.
  explicit Json(const Secrets& secrets) {
    if (secrets.empty()) return;
    std::size_t size = kUsualSize;
    for (const auto& secret : secrets) size += 6 * secret.value.size();  // "\u0001"
    text_.reserve(size);
  }
  Json& raw(std::string_view text) {
    text_ += text;
    return *this;
  }
  Json& string(std::string_view value) {
    if (wrong_.empty() && !valid_utf8(value)) wrong_ = printable(value);
    text_ += json_quote(value);
    return *this;
  }
  Json& secret(const Secret& secret) {
    std::string quoted = json_quote(secret.value);
    string(secret.name + "=");
    text_.pop_back();
    text_.append(quoted, 1);
    wipe(quoted);
    return *this;
  }
  template <class Items, class Write>
  Json& list(const Items& items, const Write& write) {
    text_ += '[';
    bool first = true;
    for (const auto& item : items) {
      if (!first) text_ += ',';
      first = false;
      write(item);
    }
    text_ += ']';
    return *this;
  }
  Result<std::string> take() {
    if (!wrong_.empty())  // which is no fault of the image: OCI's configuration is JSON
      return fail(ErrorKind::Denied, "a container cannot be given '" + wrong_ + "': it is not UTF-8");
    return std::move(text_);
  }

 private:
  std::string text_;
  std::string wrong_;  // the first string that was not UTF-8, for people
};

}  // namespace

Result<std::string> oci_config(const ContainerSpec& spec) {
  const Action& action = *spec.action;
  static const Secrets none;
  const Secrets& secrets = spec.secrets != nullptr ? *spec.secrets : none;
  Json out(secrets);
  const auto string = [&](const std::string& item) { out.string(item); };
  const auto number = [&](auto item) { out.raw(std::to_string(item)); };

  out.raw(R"({"ociVersion":"1.0.2","hostname":"boxcar","root":{"path":)").string(spec.root);
  out.raw(R"(},"process":{"noNewPrivileges":true,"user":{"umask":18,"uid":)");
  number(spec.user.uid);
  out.raw(R"(,"gid":)");
  number(spec.user.gid);
  if (!spec.user.groups.empty() && !spec.one_id) out.raw(R"(,"additionalGids":)").list(spec.user.groups, number);
  out.raw(R"(},"args":)").list(action.argv, string);
  out.raw(R"(,"env":[)");
  bool first = true;
  const auto comma = [&] {
    if (!std::exchange(first, false)) out.raw(",");
  };
  for (const auto& variable : action.env) {
    if (secrets.names(variable)) continue;
    comma();
    out.string(variable);
  }
  for (const auto& secret : secrets) {
    comma();
    out.secret(secret);
  }
  // The core of a program that dies holds its variables.
  out.raw(secrets.empty() ? "]" : R"(],"rlimits":[{"type":"RLIMIT_CORE","hard":0,"soft":0}])");
  out.raw(R"(,"cwd":)").string(action.working_dir);
  out.raw(R"(,"capabilities":{"bounding":)").raw(kContainerCapabilities);
  out.raw(R"(,"permitted":)").raw(kContainerCapabilities).raw(R"(,"effective":)").raw(kContainerCapabilities).raw("}}");

  const std::string_view readonly = spec.recursive_readonly ? R"("ro","rro")" : R"("ro")";
  out.raw(R"(,"mounts":[)").raw(kStandardMounts);
  if (!spec.one_id) out.raw(kTerminalGroup);
  if (spec.rootless && action.network) {
    out.raw(kHostSysfs).raw(readonly).raw("]}");
  } else {
    out.raw(kSysfs);
  }
  for (const auto& mount : spec.mounts) {
    out.raw(R"(,{"type":"bind","destination":)").string(mount.target).raw(R"(,"source":)").string(mount.source);
    out.raw(R"(,"options":["rbind","nosuid","nodev",)");
    // crun 1.8 takes "rro" for directories only; below a file nothing can be mounted.
    out.raw(mount.writable ? R"("rw")" : mount.directory ? readonly : R"("ro")");
    // What is mounted below on the host comes along, and may have devices.
    if (mount.directory && spec.recursive_readonly) out.raw(R"(,"rnosuid","rnodev")");
    out.raw("]}");
  }
  out.raw(R"(],"linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"},{"type":"uts"})");
  if (!action.network) out.raw(R"(,{"type":"network"})");
  if (spec.one_id && (spec.user.uid != 0 || spec.user.gid != 0)) {
    // Its number there; ours, which is 0, outside.
    const auto map = [&](std::string_view name, auto id) {
      out.raw(R"(],")").raw(name).raw(R"(":[{"size":1,"hostID":0,"containerID":)");
      number(id);
      out.raw("}");
    };
    out.raw(R"(,{"type":"user"})");
    map("uidMappings", spec.user.uid);
    map("gidMappings", spec.user.gid);
  }
  out.raw(R"(],"maskedPaths":)").raw(kMaskedPaths).raw(R"(,"readonlyPaths":)").raw(kReadonlyPaths);
  if (!spec.cgroup.empty()) out.raw(R"(,"cgroupsPath":)").string(spec.cgroup);
  if (spec.reset_domain) out.raw(R"x(,"sysctl":{"kernel.domainname":"(none)"})x");
  out.raw(R"(,"seccomp":)").raw(seccomp_profile(action.image->architecture)).raw("}}");
  return out.take();
}

}  // namespace boxcar
