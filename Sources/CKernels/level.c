// Which instructions may be used, and how does a call reach the kernels made of them?
#include "level.h"
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

static int level = INDGRM_BASE, best = INDGRM_BASE;
static const char *complaint;

// A call is one jump through a pointer.
#define POINTER(RESULT, NAME, S, PARAMETERS, ARGUMENTS)                                            \
  RESULT indgrm_##NAME##_##S##_base PARAMETERS;                                                    \
  RESULT indgrm_##NAME##_##S##_v3 PARAMETERS;                                                      \
  RESULT indgrm_##NAME##_##S##_v4 PARAMETERS;                                                      \
  static RESULT(*NAME##_##S) PARAMETERS = indgrm_##NAME##_##S##_base;                              \
  RESULT indgrm_##NAME##_##S PARAMETERS { return NAME##_##S ARGUMENTS; }
INDGRM_KERNELS(POINTER, float, float)
INDGRM_KERNELS(POINTER, double, double)

static void point(void) {
#if defined(__x86_64__)
#define AT_V3(RESULT, NAME, S, PARAMETERS, ARGUMENTS) NAME##_##S = indgrm_##NAME##_##S##_v3;
#define AT_V4(RESULT, NAME, S, PARAMETERS, ARGUMENTS) NAME##_##S = indgrm_##NAME##_##S##_v4;
  if (level >= INDGRM_V4) {
    INDGRM_KERNELS(AT_V4, float, float)
    INDGRM_KERNELS(AT_V4, double, double)
  } else if (level == INDGRM_V3) {
    INDGRM_KERNELS(AT_V3, float, float)
    INDGRM_KERNELS(AT_V3, double, double)
  }
#endif
}

static int found(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) return INDGRM_BEST;
  if (__builtin_cpu_supports("x86-64-v3")) return INDGRM_V3;
  if (__builtin_cpu_supports("x86-64-v2")) return INDGRM_V2;
#endif
  return INDGRM_BASE;
}

// Before main, so that calls need no lock.
static void choose(void) {
  static const char *names[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
  level = best = found();
  const char *wanted = getenv("INDGRM_CPU_LEVEL");
  if (!wanted || !*wanted) return;
  for (int i = 0; i < 4; i++)
    if (strcmp(wanted, names[i]) == 0) {
      if (i + 1 > best) complaint = "this processor has no such level; leave INDGRM_CPU_LEVEL out";
      else level = i + 1;
      return;
    }
  complaint = "INDGRM_CPU_LEVEL must be x86-64, x86-64-v2, x86-64-v3 or x86-64-v4";
}

__attribute__((constructor)) static void start(void) {
  choose();
  point();
}

int indgrm_cpu_level(void) { return level; }
int indgrm_cpu_best(void) { return best; }
const char *indgrm_cpu_complaint(void) { return complaint; }
