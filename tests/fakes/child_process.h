// What can't be undone in a process, such as entering a namespace or becoming an ordinary user, is tested in another.
#pragma once

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <tuple>

#include "base/fd.h"

namespace boxcar {

// Gives what `body` says went wrong, or "".
inline std::string in_child(const std::function<std::string()>& body) {
  int ends[2];
  if (::pipe(ends) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::ignore = write_all(ends[1], body());
    ::_exit(0);
  }
  ::close(ends[1]);
  const auto wrong = read_all(ends[0], 1 << 20);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) return "the child died: " + std::to_string(status);
  return wrong.value_or("nothing read");
}

// A user of whom no list knows: he has no subordinate ids.
constexpr uid_t kNobodysUid = 54321;

inline std::string in_child_as_user(const std::function<std::string()>& body) {
  return in_child([&]() -> std::string {
    const bool became = ::setgroups(0, nullptr) == 0 && ::setresgid(kNobodysUid, kNobodysUid, kNobodysUid) == 0 &&
                        ::setresuid(kNobodysUid, kNobodysUid, kNobodysUid) == 0 &&
                        ::prctl(PR_SET_DUMPABLE, 1) == 0;  // or /proc/self is root's
    return became ? body() : "this test needs root";
  });
}

}  // namespace boxcar
