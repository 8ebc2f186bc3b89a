// The program in the image that boxcar brings along for daemons (../daemon_helper.h). Linked statically, alone in its
// image, run as root inside:
//   boxcar-helper own UID GID PATH…   gives all below the paths to that user, who may read, write and remove it then
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv) {
  if (argc < 5 || strcmp(argv[1], "own") != 0) return 2;
  uid = (uid_t)strtoul(argv[2], NULL, 10);
  gid = (gid_t)strtoul(argv[3], NULL, 10);
  for (int i = 4; i < argc; ++i) {
    if (nftw(argv[i], own, 64, FTW_PHYS) != 0) ++failures;
  }
  return failures == 0 ? 0 : 1;
}
