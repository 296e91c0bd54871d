// Kernels for processors with AVX-512.
#include "kernels.h"
#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define LEVEL v4
#include "bodies/all.h"
#pragma clang attribute pop
#endif
