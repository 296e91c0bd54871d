// Where does OpenBLAS come from, and which kernels does it use?
#include "blas.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static indgrm_blas functions;
static const char *failure;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const char *core_type(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512cd"))
    return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return NULL;
}

static void open_library(void) {
  const char *chosen = getenv("INDGRM_BLAS_CORETYPE");
  if (!chosen || !*chosen) chosen = core_type();
  if (chosen && strcmp(chosen, "default") != 0) setenv("OPENBLAS_CORETYPE", chosen, 1);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    failure = "OpenBLAS (libopenblas.so.0) cannot be opened; install libopenblas0 or libopenblas-dev";
    return;
  }
  struct { const char *name; void **place; } wanted[] = {
      {"cblas_sgemm", (void **)&functions.sgemm},   {"cblas_dgemm", (void **)&functions.dgemm},
      {"cblas_ssyrk", (void **)&functions.ssyrk},   {"cblas_dsyrk", (void **)&functions.dsyrk},
      {"cblas_strsm", (void **)&functions.strsm},   {"cblas_dtrsm", (void **)&functions.dtrsm},
      {"spotrf_", (void **)&functions.spotrf},      {"dpotrf_", (void **)&functions.dpotrf},
      {"openblas_get_corename", (void **)&functions.corename},
      {"openblas_get_config", (void **)&functions.config}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    *wanted[i].place = dlsym(library, wanted[i].name);
    if (!*wanted[i].place) failure = "libopenblas.so.0 lacks functions it should have; reinstall it";
  }
}

const indgrm_blas *indgrm_blas_open(const char **error) {
  pthread_once(&once, open_library);
  *error = failure;
  return failure ? NULL : &functions;
}
