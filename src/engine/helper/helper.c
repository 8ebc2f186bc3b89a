// The program that boxcar brings along for daemons (../daemon_helper.h), linked statically.
//   boxcar-helper own UID GID PATH…   alone in its image, as root inside: gives all below the paths to that user, who
//                                     may read, write and remove it then
//   boxcar-helper exec PROGRAM ARG…   put into a container: reads variables from its standard input, each ended by a
//                                     NUL byte, up to an empty one; becomes the program then, which has them and
//                                     /dev/null
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static uid_t uid;
static gid_t gid;
static int failures;

static void fail(const char* name) {
  perror(name);
  ++failures;
}

// Gives what is called so in the working directory to the user. Whether it is a directory.
static int own(const char* name) {
  struct stat info;
  if (lstat(name, &info) != 0 || lchown(name, uid, gid) != 0) {
    fail(name);
    return 0;
  }
  if (S_ISLNK(info.st_mode)) return 0;
  const int directory = S_ISDIR(info.st_mode);
  // The mode afterwards: a change of owner clears setuid bits, which nobody wants here.
  if (chmod(name, (info.st_mode & 0777) | (directory ? 0700 : 0600)) != 0) fail(name);
  return directory;
}

// The names in the working directory, one after the other, each ended by a NUL byte, and an empty one; NULL: it can't
// be read.
static char* names_here(void) {
  DIR* directory = opendir(".");
  char* names = NULL;
  size_t size = 0;
  FILE* list = open_memstream(&names, &size);
  if (directory == NULL || list == NULL) return NULL;
  for (const struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      fwrite(entry->d_name, strlen(entry->d_name) + 1, 1, list);
  }
  closedir(directory);
  return fclose(list) == 0 ? names : NULL;
}

// All below the working directory, going into each: paths may be longer than the kernel takes, and the depth greater
// than the number of files that may be open. False when there is no way back, since somebody moved a directory
// meanwhile.
static int own_below(void) {
  struct stat here, back;
  char* names = names_here();
  if (names == NULL || stat(".", &here) != 0) {
    fail(".");
    return 1;
  }
  int found_back = 1;
  for (const char* name = names; found_back && *name != '\0'; name += strlen(name) + 1) {
    if (!own(name)) continue;
    if (chdir(name) != 0) {
      fail(name);
      continue;
    }
    found_back = own_below() && chdir("..") == 0 && stat(".", &back) == 0 && back.st_dev == here.st_dev &&
                 back.st_ino == here.st_ino;
  }
  free(names);
  return found_back;
}

static int own_all(int argc, char** argv) {
  uid = (uid_t)strtoul(argv[0], NULL, 10);
  gid = (gid_t)strtoul(argv[1], NULL, 10);
  for (int i = 2; i < argc; ++i) {
    if (chdir(argv[i]) == 0) {
      if (!own(".") || !own_below()) fail(argv[i]);
    } else if (errno == ENOTDIR) {
      own(argv[i]);
    } else {
      fail(argv[i]);
    }
  }
  return failures == 0 ? 0 : 1;
}

// All that is sent, or NULL when it ends before its end.
static char* read_variables(void) {
  char* text = NULL;
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
static void find_and_exec(char** argv) {
  if (strchr(argv[0], '/') != NULL) {
    execv(argv[0], argv);
    return;
  }
  const char* path = getenv("PATH");
  int found = ENOENT;
  for (const char* at = path == NULL ? "" : path; *at != '\0';) {
    const size_t length = strcspn(at, ":");
    char* file = NULL;
    if (asprintf(&file, "%.*s/%s", length == 0 ? 1 : (int)length, length == 0 ? "." : at, argv[0]) < 0) return;
    execv(file, argv);
    free(file);
    if (errno != ENOENT && errno != ENOTDIR) found = errno;
    at += length;
    if (*at == ':') ++at;
  }
  errno = found;
}

static int exec_with_variables(char** argv) {
  // The core of a program that dies holds its variables.
  const struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  char* variable = read_variables();
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
  fprintf(stderr,
          missing ? "boxcar: there is no '%s' in the image, or not what it needs to run\n"
                  : "boxcar: '%s' in the image is not an executable file\n",
          argv[0]);
  return missing ? 127 : 126;
}

int main(int argc, char** argv) {
  if (argc >= 5 && strcmp(argv[1], "own") == 0) return own_all(argc - 2, argv + 2);
  if (argc >= 3 && strcmp(argv[1], "exec") == 0) return exec_with_variables(argv + 2);
  return 2;
}
