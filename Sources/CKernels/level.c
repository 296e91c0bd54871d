// Which instructions may be used, and how does a call reach the kernels made of them?
#include "level.h"
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

static int level = INDGRM_BASE, best = INDGRM_BASE;
static const char *complaint;

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
__attribute__((constructor)) static void choose(void) {
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

int indgrm_cpu_level(void) { return level; }
int indgrm_cpu_best(void) { return best; }
const char *indgrm_cpu_complaint(void) { return complaint; }

#if defined(__x86_64__)
#define AT(LEVEL, RESULT, NAME, S, PARAMETERS) RESULT indgrm_##NAME##_##S##_##LEVEL PARAMETERS;
#define DISPATCH(RESULT, NAME, S, PARAMETERS, ARGUMENTS)                                           \
  AT(base, RESULT, NAME, S, PARAMETERS)                                                            \
  AT(v3, RESULT, NAME, S, PARAMETERS)                                                              \
  AT(v4, RESULT, NAME, S, PARAMETERS)                                                              \
  RESULT indgrm_##NAME##_##S PARAMETERS {                                                          \
    if (level >= INDGRM_V4) return indgrm_##NAME##_##S##_v4 ARGUMENTS;                             \
    if (level == INDGRM_V3) return indgrm_##NAME##_##S##_v3 ARGUMENTS;                             \
    return indgrm_##NAME##_##S##_base ARGUMENTS;                                                   \
  }
#else
#define DISPATCH(RESULT, NAME, S, PARAMETERS, ARGUMENTS)                                           \
  RESULT indgrm_##NAME##_##S##_base PARAMETERS;                                                    \
  RESULT indgrm_##NAME##_##S PARAMETERS { return indgrm_##NAME##_##S##_base ARGUMENTS; }
#endif

INDGRM_KERNELS(DISPATCH, float, float)
INDGRM_KERNELS(DISPATCH, double, double)
