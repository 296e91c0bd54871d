// Which instructions may be used?
#pragma once

// Levels of x86-64; other processors have the first alone.
enum { INDGRM_BASE = 1, INDGRM_V2 = 2, INDGRM_V3 = 3, INDGRM_V4 = 4, INDGRM_BEST = 5 };

// The level that kernels (ours and OpenBLAS's) work at: what the processor has, or what
// INDGRM_CPU_LEVEL (x86-64, x86-64-v2, x86-64-v3, x86-64-v4) holds them down to. INDGRM_BEST is v4 and
// whatever a processor has beyond it.
int indgrm_cpu_level(void);

// The level that the processor has.
int indgrm_cpu_best(void);

// What is wrong with INDGRM_CPU_LEVEL, or NULL.
const char *indgrm_cpu_complaint(void);
