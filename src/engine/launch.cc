#include "engine/launch.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace boxcar {

namespace {

struct Plan {
  char** argv;
  char** env;
  int in, out, err;
  const std::vector<UniqueFd>& groups;
  const std::vector<std::string>& hidden;
  pid_t parent;
};

// Between vfork and exec the child borrows the parent's memory and stack: system calls only, nothing that allocates or
// locks. Gives errno of what failed; on success it does not come back.
int become(const Plan& plan) {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  if (::setsid() < 0) return errno;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
  if (::getppid() != plan.parent) return ESRCH;  // it died before that took effect
  ::umask(022);
  for (const auto& group : plan.groups) {
    if (::write(group.get(), "0", 1) != 1) return errno;
  }
  if (!plan.hidden.empty() && ::unshare(CLONE_NEWNS) != 0) return errno;
  for (const auto& mount : plan.hidden) {
    if (::umount2(mount.c_str(), MNT_DETACH) != 0) return errno;
  }
  if (::dup2(plan.in, 0) < 0 || ::dup2(plan.out, 1) < 0 || ::dup2(plan.err, 2) < 0) return errno;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.argv[0], plan.argv, plan.env);
  return errno;
}

// A function of its own, and never inlined, so that nothing of the caller's frame is the child's to spoil.
[[gnu::noinline]] pid_t vfork_into(const Plan& plan, volatile int* error) {
  const pid_t pid = ::vfork();
  if (pid == 0) {
    *error = become(plan);
    ::_exit(127);
  }
  return pid;
}

}  // namespace

Result<Child> launch(const LaunchOptions& options) {
  const auto& argv = options.argv;
  std::vector<char*> pointers;
  for (const auto& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  // crun and runc make a file for a copy of themselves there, else in /tmp, where it stays when they are killed.
  std::string state = "_LIBCONTAINER_STATEDIR=" + options.state;
  char* env[] = {path, options.state.empty() ? nullptr : state.data(), nullptr};
  TRY(const auto null, open_file("/dev/null", O_RDWR));
  const Plan plan{pointers.data(), env,       null.get(), options.stdout_fd, options.stderr_fd, *options.groups,
                  options.hidden,  ::getpid()};

  // No handler of ours may run in the child.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  volatile int error = 0;
  Child child;
  child.pid = vfork_into(plan, &error);
  const int vfork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);

  if (child.pid < 0) return fail(errno_error("starting " + argv[0], vfork_error));
  if (error != 0) {
    ::waitpid(child.pid, nullptr, 0);
    return fail(errno_error("starting " + argv[0], error));
  }
  child.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd) {
    const int number = errno;
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return fail(errno_error("watching " + argv[0], number));
  }
  return child;
}

}  // namespace boxcar
