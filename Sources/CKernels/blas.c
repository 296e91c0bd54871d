// Where does OpenBLAS come from, and which kernels does it use?
#include "blas.h"
#include "level.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static indgrm_blas functions;
static const char *failure;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// The core type that suits a level, and the least level that another one needs: OpenBLAS takes any name, and dies of
// an instruction that the processor lacks.
static const char *core_type(int level) {
#if defined(__x86_64__)
  if (level >= INDGRM_V4) return "SkylakeX";
  if (level == INDGRM_V3) return "Haswell";
  if (level == INDGRM_V2) return "Nehalem";
  return "Core2";
#else
  return NULL;
#endif
}

static int needed_level(const char *core) {
  static const struct { const char *name; int level; } cores[] = {
      {"SkylakeX", INDGRM_V4}, {"Cooperlake", INDGRM_BEST}, {"SapphireRapids", INDGRM_BEST},
      {"Haswell", INDGRM_V3}, {"Zen", INDGRM_V3}, {"Excavator", INDGRM_V3},
      {"Steamroller", INDGRM_V3}, {"Piledriver", INDGRM_V3}, {"Bulldozer", INDGRM_V3},
      {"Sandybridge", INDGRM_V3}, {"Nehalem", INDGRM_V2}};
  for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
    if (strcasecmp(core, cores[i].name) == 0) return cores[i].level;
  return INDGRM_BASE;
}

static void open_library(void) {
  const char *chosen = getenv("INDGRM_BLAS_CORETYPE");
  if (!chosen || !*chosen) chosen = core_type(indgrm_cpu_level());
  else if (needed_level(chosen) > indgrm_cpu_best()) {
    failure = "INDGRM_BLAS_CORETYPE names a core type whose instructions this processor lacks; leave it out";
    return;
  }
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
