#include "engine/container.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/mounts.h"
#include "engine/first_process.h"
#include "engine/image_root.h"
#include "engine/launch.h"
#include "engine/oci_config.h"
#include "engine/run_guard.h"

namespace boxcar {

namespace {

constexpr int kPipeSize = 1 << 20;  // 64 KiB, the default, halves the speed of long outputs

Result<Pipe> output_pipe() {
  TRY(Pipe pipe, make_pipe());
  ::fcntl(pipe.out.get(), F_SETFL, O_NONBLOCK);     // ours alone: the two ends have flags of their own
  ::fcntl(pipe.in.get(), F_SETPIPE_SZ, kPipeSize);  // an ordinary user may have used up what he is allowed
  return pipe;
}

// Whether the process is still the runtime that sets the container up, which would lose a signal meant for the program:
// the runtime's file, or the sealed copy of itself that it runs from: in memory, or a detached mount of the file ("/").
bool is_the_runtime(pid_t pid, const std::string& runtime) {
  std::array<char, PATH_MAX> target{};
  const ssize_t n = ::readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), target.data(), target.size());
  const std::string_view program(target.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  return program == "/" || program.starts_with("/memfd:") || program == runtime;
}

}  // namespace

Result<std::unique_ptr<Container>> Container::prepare(Job job, const std::vector<std::string>& layers,
                                                      const ContainerHost& host) {
  std::unique_ptr<Container> container(new Container(std::move(job), host));
  CHECK_OK(container->make_bundle());
  CHECK_OK(container->mount_root(layers));
  CHECK_OK(container->write_config());
  CHECK_OK(container->open_pipes());
  return container;
}

Container::Container(Job job, const ContainerHost& host)
    : job_(std::move(job)), host_(host), mounts_(job_.action->network ? host.network_files : host.no_network_files) {
  mounts_.insert(mounts_.end(), job_.mounts.begin(), job_.mounts.end());
}

Container::~Container() {
  remove();
}

std::string Container::pid_file() const {
  return join_path(bundle_, "pid");
}

Result<void> Container::make_bundle() {
  const std::string bundle = join_path(host_.state, id());
  if (::mkdir(bundle.c_str(), 0700) != 0) return fail_errno("making " + bundle);
  bundle_ = bundle;
  return {};
}

Result<void> Container::mount_root(std::vector<std::string> layers) {
  if (const auto places = host_.places->layer(*job_.action->image, layers, mounts_); !places.empty()) {
    layers.insert(layers.begin(), places);
  }
  TRY(root_, host_.roots->take(layers, job_.directory));
  return {};
}

Result<void> Container::write_config() {
  const Action& action = *job_.action;
  ContainerSpec spec;
  spec.action = &action;
  spec.root = root_->target;
  spec.mounts = mounts_;
  spec.recursive_readonly = host_.recursive_readonly;
  spec.reset_domain = host_.reset_domain;
  spec.rootless = host_.rootless;
  spec.one_id = host_.one_id;
  {
    TRY(const auto root, open_file(root_->target, O_PATH | O_DIRECTORY));
    TRY(spec.user, find_user(root.get(), action.user));
    std::vector<std::string> mounted;
    for (const auto& mount : job_.mounts) mounted.push_back(mount.target);
    CHECK_OK(check_program(root.get(), action, mounted));
  }
  uid_ = host_.one_id ? 0 : spec.user.uid;
  if (host_.one_id && host_.runtime.own_group && (spec.user.uid != 0 || spec.user.gid != 0)) {
    return fail(ErrorKind::Denied, "the image runs as user " + std::to_string(spec.user.uid) + ", which " +
                                       host_.runtime.version +
                                       " cannot give it where the caller has one id only; install crun, or give "
                                       "the caller subordinate ids: usermod --add-subuids");
  }

  const Limits limits{action.needs.limits.memory, action.needs.limits.cpu};
  TRY(cgroup_, host_.cgroups->make(id(), limits, host_.runtime.own_group));
  spec.cgroup = cgroup_.runtime_path();
  spec.secrets = &job_.secrets;
  TRY(auto config, oci_config(spec));
  const auto written = write_file(join_path(bundle_, "config.json"), config, 0600);
  if (!job_.secrets.empty()) wipe(config);
  job_.secrets.clear();
  return written;
}

Result<void> Container::open_pipes() {
  for (auto [end, child_end] : {std::pair(&out_, &child_out_), std::pair(&err_, &child_err_)}) {
    TRY(Pipe pipe, output_pipe());
    *end = std::move(pipe.out);
    *child_end = std::move(pipe.in);
  }
  // So that an ordinary user inside may open /dev/stdout.
  if (uid_ != 0 && (::fchown(child_out_.get(), uid_, -1U) != 0 || ::fchown(child_err_.get(), uid_, -1U) != 0)) {
    return fail_errno("giving a pipe to user " + std::to_string(uid_));
  }
  return {};
}

Result<void> Container::launch() {
  const RuntimeCall call{id(), join_path(host_.state, "runtime"), bundle_, join_path(bundle_, "log"), pid_file()};
  auto child = boxcar::launch({run_command(host_.runtime, call), child_out_.get(), child_err_.get(), &cgroup_.join(),
                               cgroup_.hidden(), host_.state});
  child_out_.reset();
  child_err_.reset();
  cgroup_.close_join();
  if (!child) return fail(std::move(child).error());
  child_ = *std::move(child);
  return {};
}

bool Container::terminate() {
  const pid_t init = container_init(pid_file());
  if (init < 0 || is_the_runtime(init, host_.runtime.path)) return false;
  const UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, init, 0)));
  // Asked again, now that the number cannot pass to another process.
  if (!fd || container_init(pid_file()) != init) return true;
  if (leaves_sigterm_to_the_kernel(init)) {
    kill();
  } else {
    ::syscall(SYS_pidfd_send_signal, fd.get(), SIGTERM, nullptr, 0);
  }
  return true;
}

void Container::kill() {
  const pid_t init = container_init(pid_file());
  if (init > 0) ::kill(init, SIGKILL);
  if (init > 0 && !std::exchange(killed_, true)) return;
  cgroup_.kill();
  if (child_.pidfd) ::syscall(SYS_pidfd_send_signal, child_.pidfd.get(), SIGKILL, nullptr, 0);
}

Result<Exit> Container::reap() {
  return wait_for(child_);
}

bool Container::gone() const {
  return cgroup_.known() ? cgroup_.empty() : container_init(pid_file()) < 0;
}

bool Container::began() const {
  return exists(pid_file());
}

std::string Container::runtime_error() const {
  return boxcar::runtime_error(read_file(join_path(bundle_, "log"), 1 << 20).value_or(""));
}

bool Container::remove() {
  if (root_ && !host_.roots->give_back(*root_, job_.directory, job_.shared)) return false;
  root_.reset();
  if (!bundle_.empty()) {
    std::ignore = remove_tree(bundle_);
    std::ignore = remove_tree(join_path(join_path(host_.state, "runtime"), id()));  // a runtime that was killed left it
    bundle_.clear();
  }
  return cgroup_.remove();
}

}  // namespace boxcar
