// Kernels for any processor of the architecture.
#include "kernels.h"
#include <math.h>
#include <string.h>

#define LEVEL base
#include "bodies/all.h"

void indgrm_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  for (int i = 0; i < 4; i++) out[i] = counter[i];
  philox(out, key[0], key[1]);
}
