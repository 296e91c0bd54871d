// Where does OpenBLAS come from, and which kernels does it use?
#include "blas.h"
#include "level.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

static indgrm_blas functions;
static const char *failure;
static int lacks_memory;
static void *(*take_buffer)(int);
static void (*give_buffer)(void *);
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

// Says what is wrong with the core type that was asked for.
static void refuse(const char *core, const char *what) {
  static char text[200];
  snprintf(text, sizeof text, "INDGRM_BLAS_CORETYPE=%.40s %.100s; leave it out", core, what);
  failure = text;
}

static void open_library(void) {
  const char *asked = getenv("INDGRM_BLAS_CORETYPE");
  if (asked && !*asked) asked = NULL;
  if (asked && needed_level(asked) > indgrm_cpu_best()) {
    refuse(asked, "names a core type whose instructions this processor lacks");
    return;
  }
  const char *chosen = asked ? asked : core_type(indgrm_cpu_level());
  if (chosen && strcmp(chosen, "default") != 0) setenv("OPENBLAS_CORETYPE", chosen, 1);
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    // The loader undoes what it began, and errno with it; what it says stays.
    const char *why = dlerror();
    lacks_memory = errno == ENOMEM || (why && (strstr(why, "map segment") || strstr(why, "allocate memory")));
    failure = lacks_memory
                  ? "there is not as much memory as OpenBLAS takes; use a machine, or a limit (ulimit -v), with more"
                  : "OpenBLAS (libopenblas.so.0) cannot be opened; install libopenblas0 or libopenblas-dev";
    return;
  }
  struct { const char *name; void **place; } wanted[] = {
      {"cblas_sgemm", (void **)&functions.sgemm},   {"cblas_dgemm", (void **)&functions.dgemm},
      {"cblas_ssyrk", (void **)&functions.ssyrk},   {"cblas_dsyrk", (void **)&functions.dsyrk},
      {"cblas_strsm", (void **)&functions.strsm},   {"cblas_dtrsm", (void **)&functions.dtrsm},
      {"spotrf_", (void **)&functions.spotrf},      {"dpotrf_", (void **)&functions.dpotrf},
      {"dgesdd_", (void **)&functions.dgesdd},
      {"openblas_get_corename", (void **)&functions.corename},
      {"openblas_get_config", (void **)&functions.config}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    *wanted[i].place = dlsym(library, wanted[i].name);
    if (!*wanted[i].place) failure = "libopenblas.so.0 lacks functions it should have; reinstall it";
  }
  // Of a name that it does not have it says nothing, and takes another.
  if (!failure && asked && strcmp(asked, "default") != 0 && strcasecmp(functions.corename(), asked) != 0)
    refuse(asked, "names no core type that this OpenBLAS has");
  // Not part of its interface; where they are missing, buffers are taken when they are needed.
  *(void **)&take_buffer = dlsym(library, "blas_memory_alloc");
  *(void **)&give_buffer = dlsym(library, "blas_memory_free");
}

const indgrm_blas *indgrm_blas_open(const char **error) {
  pthread_once(&once, open_library);
  *error = failure;
  return failure ? NULL : &functions;
}

int indgrm_blas_lacks_memory(void) { return lacks_memory; }

int indgrm_blas_reserve(int threads) {
  // What OpenBLAS maps for a buffer, and a little more.
  enum { MOST = 64, SIZE = (128 << 20) + (1 << 20) };
  void *held[MOST];
  int count = 0, fits = 1;
  if (!take_buffer || !give_buffer) return 1;
  while (fits && count < threads && count < MOST) {
    void *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fits = room != MAP_FAILED;
    if (!fits) break;
    munmap(room, SIZE);
    held[count++] = take_buffer(0);
  }
  for (int i = 0; i < count; i++) give_buffer(held[i]);
  return fits;
}
