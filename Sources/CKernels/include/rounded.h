// Products of matrices rounded to bfloat16, where the processor has instructions for them.
#ifndef INDGRM_ROUNDED_H
#define INDGRM_ROUNDED_H
#include <stdint.h>

// The tile of the result that is summed in registers, and how much of the inner dimension is summed at once.
enum { INDGRM_ROUNDED_ROWS = 8, INDGRM_ROUNDED_COLUMNS = 48, INDGRM_ROUNDED_DEPTH = 384 };

// Whether the processor has them, and whether they are faster there than full precision: Intel's begin one such
// instruction a cycle, which does as much as the two of full precision that it begins.
int indgrm_rounded_available(void);
int indgrm_rounded_faster(void);

// Rounds lines of numbers and packs them for `indgrm_rounded_multiply`: panels of `width` lines, in each the
// pairs of neighbours along k one after another, a pair of every line side by side. Missing lines and
// an odd last place are filled up with zeros.
//   lines, k: how many lines there are and how long they are; lines start at a multiple of `width`.
//   along: whether a line's numbers are neighbours in memory (stride: from line to line) or the lines
//     are (stride: along k).
//   out: ceil(lines / width) * width * ceil(k / 2) places.
void indgrm_rounded_pack(long width, long lines, long k, const float *source, long stride, int along,
                         uint32_t *out);

// C = alpha A B + beta C for packed A (m lines, panels of ROWS) and B (n lines, panels of COLUMNS).
void indgrm_rounded_multiply(long m, long n, long k, const uint32_t *a, const uint32_t *b, float alpha,
                             float beta, float *c, long stride);
#endif
