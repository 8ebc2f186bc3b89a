# On a file system without working locks nothing is waited for: it is said. Every lock below a directory fails here as it does there.
make_common_images
cat >no_locks.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int fcntl(int fd, int command, ...) {
  va_list more;
  va_start(more, command);
  void* argument = va_arg(more, void*);
  va_end(more);
  if (command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_OFD_GETLK) {
    char link[64], path[4096] = "";
    const char* below = getenv("NO_LOCKS_BELOW");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0 && below != NULL && strncmp(path, below, strlen(below)) == 0) {
      errno = atoi(getenv("NO_LOCKS_ERRNO"));
      return -1;
    }
  }
  return (int)syscall(SYS_fcntl, fd, command, argument);
}
int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));
C
cc -shared -fPIC -O1 -o no_locks.so no_locks.c
without_locks() { # DIRECTORY ERRNO COMMAND…
  NO_LOCKS_BELOW=$1 NO_LOCKS_ERRNO=$2 ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=$PWD/no_locks.so timeout 60 "${@:3}"
}
for errno in 37 95 38; do # ENOLCK, EOPNOTSUPP, ENOSYS
  expect_exit 3 without_locks "$PWD/.kliko" $errno boxcar tool test/make
  expect_err "opening the store $PWD/.kliko: .*no working locks"
  expect_exit 3 without_locks "$XDG_DATA_HOME" $errno boxcar tool test/make
  expect_err 'taking a lock.*no working locks'
done
expect_exit 0 without_locks /elsewhere 37 boxcar tool --output out test/make
expect_text out/text hello
