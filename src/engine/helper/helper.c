// The program that boxcar brings along for daemons (../daemon_helper.h), linked statically.
//   boxcar-helper own UID GID PATH…   alone in its image, as root inside: gives all below the paths to that user, who
//                                     may read, write and remove it then
//   boxcar-helper exec PROGRAM ARG…   put into a container: reads variables from its standard input, each ended by a NUL
//                                     byte, up to an empty one; becomes the program then, which has them and /dev/null
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uid_t uid;
static gid_t gid;
static int failures;

static int own(const char *path, const struct stat *info, int kind, struct FTW *walk) {
  (void)walk;
  if (kind == FTW_NS || lchown(path, uid, gid) != 0) {
    perror(path);
    ++failures;
    return 0;
  }
  if (S_ISLNK(info->st_mode)) return 0;
  // The mode afterwards: a change of owner clears setuid bits, which nobody wants here.
  const mode_t mode = (info->st_mode & 0777) | (S_ISDIR(info->st_mode) ? 0700 : 0600);
  if (chmod(path, mode) != 0) {
    perror(path);
    ++failures;
  }
  return 0;
}

static int own_all(int argc, char **argv) {
  uid = (uid_t)strtoul(argv[0], NULL, 10);
  gid = (gid_t)strtoul(argv[1], NULL, 10);
  for (int i = 2; i < argc; ++i) {
    if (nftw(argv[i], own, 64, FTW_PHYS) != 0) ++failures;
  }
  return failures == 0 ? 0 : 1;
}

// All that is sent, or NULL when it ends before its end.
static char *read_variables(void) {
  char *text = NULL;
  size_t used = 0, room = 0;
  for (;;) {
    if (used == room) {
      room = room * 2 + 4096;
      text = realloc(text, room);
      if (text == NULL) return NULL;
    }
    const ssize_t n = read(0, text + used, room - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return NULL;
    used += (size_t)n;
    if (text[used - 1] == '\0' && (used == 1 || text[used - 2] == '\0')) return text;
  }
}

// Looks for the program as a runtime does: without execvp's way out, a shell for what is no program.
static void find_and_exec(char **argv) {
  if (strchr(argv[0], '/') != NULL) {
    execv(argv[0], argv);
    return;
  }
  const char *path = getenv("PATH");
  int found = ENOENT;
  for (const char *at = path == NULL ? "" : path; *at != '\0';) {
    const size_t length = strcspn(at, ":");
    char *file = NULL;
    if (asprintf(&file, "%.*s/%s", length == 0 ? 1 : (int)length, length == 0 ? "." : at, argv[0]) < 0) return;
    execv(file, argv);
    free(file);
    if (errno != ENOENT && errno != ENOTDIR) found = errno;
    at += length;
    if (*at == ':') ++at;
  }
  errno = found;
}

static int exec_with_variables(char **argv) {
  // The core of a program that dies holds its variables.
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  char *variable = read_variables();
  if (variable == NULL) {
    fputs("boxcar: the secrets did not arrive\n", stderr);
    return 125;
  }
  for (; *variable != '\0'; variable += strlen(variable) + 1) putenv(variable);
  const int null = open("/dev/null", O_RDONLY);
  if (null < 0 || dup2(null, 0) < 0) return 125;
  close(null);
  find_and_exec(argv);
  const int missing = errno == ENOENT || errno == ENOTDIR;
  fprintf(stderr, missing ? "boxcar: there is no '%s' in the image, or not what it needs to run\n"
                          : "boxcar: '%s' in the image is not an executable file\n", argv[0]);
  return missing ? 127 : 126;
}

int main(int argc, char **argv) {
  if (argc >= 5 && strcmp(argv[1], "own") == 0) return own_all(argc - 2, argv + 2);
  if (argc >= 3 && strcmp(argv[1], "exec") == 0) return exec_with_variables(argv + 2);
  return 2;
}
