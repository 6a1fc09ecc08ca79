// Loaded into a server by LD_PRELOAD: the disk does what files in the folder DISK_FAULTS say.
//
//   sync-fails   fdatasync(2) fails with EIO
//   sync-slow    fdatasync(2) takes as long as the file is there
//   read-only    pwrite(2) fails with EROFS
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static int is_there(const char* name) {
  const char* folder = getenv("DISK_FAULTS");
  char path[4096];
  if (folder == NULL) return 0;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return access(path, F_OK) == 0;
}

int fdatasync(int descriptor) {
  int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  while (is_there("sync-slow"))
    usleep(10000);
  if (is_there("sync-fails")) {
    errno = EIO;
    return -1;
  }
  return next(descriptor);
}

static ssize_t write_at(const char* name, int descriptor, const void* bytes, size_t size, off_t at) {
  ssize_t (*next)(int, const void*, size_t, off_t) =
      (ssize_t(*)(int, const void*, size_t, off_t))dlsym(RTLD_NEXT, name);
  if (is_there("read-only")) {
    errno = EROFS;
    return -1;
  }
  return next(descriptor, bytes, size, at);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return write_at("pwrite", descriptor, bytes, size, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return write_at("pwrite64", descriptor, bytes, size, at);
}
