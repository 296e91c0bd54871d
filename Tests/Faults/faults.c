// What becomes of a tool's output when a call of the system fails? (Preloaded by FaultTests.)
//
// INDGRM_FAULT=CALL:N:ERRNO makes the Nth call of open (for writing), read, write, fstat, fsync, close or rename fail,
// CALL:N+:ERRNO all from the Nth on; an ERRNO of 0 makes a read or a write take half of its bytes. Standard error is
// left alone, and the file that INDGRM_FAULT_HIT names is made when the first call fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int calls;

// The error that this call meets; 0 for half of its bytes, -1 for none.
static int fault(const char *call) {
  const char *wanted = getenv("INDGRM_FAULT");
  size_t length = strlen(call);
  if (!wanted || strncmp(wanted, call, length) != 0 || wanted[length] != ':') return -1;
  char *rest;
  long first = strtol(wanted + length + 1, &rest, 10);
  int lasts = *rest == '+';
  if (lasts) rest++;
  int number = atomic_fetch_add(&calls, 1) + 1;
  if (number != first && !(lasts && number > first)) return -1;
  const char *hit = getenv("INDGRM_FAULT_HIT");
  if (hit) syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, hit, O_WRONLY | O_CREAT, 0600));
  return atoi(rest + 1);
}

#define NEXT(call) __typeof__(call) *next = (__typeof__(call) *)dlsym(RTLD_NEXT, #call)
#define FAIL_OR(call, half)                                                                        \
  do {                                                                                             \
    int error = fault(call);                                                                       \
    if (error > 0) {                                                                               \
      errno = error;                                                                               \
      return -1;                                                                                   \
    }                                                                                              \
    if (error == 0) {                                                                              \
      half;                                                                                        \
    }                                                                                              \
  } while (0)
#define FAIL(call) FAIL_OR(call, )
#define FAIL_OR_HALVE(call, count) FAIL_OR(call, if (count > 1) count /= 2)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  NEXT(write);
  if (descriptor != 2) FAIL_OR_HALVE("write", count);
  return next(descriptor, bytes, count);
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  NEXT(read);
  FAIL_OR_HALVE("read", count);
  return next(descriptor, bytes, count);
}

int fstat(int descriptor, struct stat *status) {
  NEXT(fstat);
  FAIL("fstat");
  return next(descriptor, status);
}

int fsync(int descriptor) {
  NEXT(fsync);
  FAIL("fsync");
  return next(descriptor);
}

// The descriptor is gone although the call fails, as on Linux.
int close(int descriptor) {
  NEXT(close);
  int flags = fcntl(descriptor, F_GETFL), error = -1;
  if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) error = fault("close");
  int status = next(descriptor);
  if (error <= 0) return status;
  errno = error;
  return -1;
}

int rename(const char *from, const char *to) {
  NEXT(rename);
  FAIL("rename");
  return next(from, to);
}

static int opened(const char *name, const char *path, int flags, mode_t mode) {
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
  if (flags & O_CREAT) FAIL("open");
  return next(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
  va_end(more);
  return opened("open64", path, flags, mode);
}
