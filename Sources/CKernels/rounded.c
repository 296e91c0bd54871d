// How are matrices of rounded numbers (bfloat16) multiplied, with sums in full precision?
#include "level.h"
#include "rounded.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
enum { ROWS = INDGRM_ROUNDED_ROWS, COLUMNS = INDGRM_ROUNDED_COLUMNS, VECTORS = COLUMNS / 16 };

int indgrm_rounded_available(void) {
  return indgrm_cpu_level() == INDGRM_BEST && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bf16");
}

int indgrm_rounded_faster(void) { return indgrm_rounded_available() && !__builtin_cpu_is("intel"); }

static inline __mmask16 first_lanes(long count) {
  return count >= 16 ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// Lines that lie along k: eight lines by sixteen pairs are turned round in registers.
TARGET static void pack_along(long width, long lines, long k, const float *source, long stride,
                              uint32_t *out) {
  const long pairs = (k + 1) / 2;
  for (long line = 0; line < lines; line += 8) {
    uint32_t *target = out + line / width * width * pairs + line % width;
    const long here = lines - line < 8 ? lines - line : 8;
    for (long pair = 0; pair < pairs; pair += 16) {
      __m512i row[8];
      const long left = k - 2 * pair;
      for (long i = 0; i < 8; i++) {
        const float *from = source + (line + i) * stride + 2 * pair;
        __mmask16 low = i < here ? first_lanes(left) : 0, high = i < here ? first_lanes(left - 16) : 0;
        row[i] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, from + 16),
                                              _mm512_maskz_loadu_ps(low, from));
      }
      __m512i half[2][4];
      for (int h = 0; h < 2; h++) {
        const __m512i *r = row + 4 * h;
        __m512i a = _mm512_unpacklo_epi32(r[0], r[1]), b = _mm512_unpacklo_epi32(r[2], r[3]);
        __m512i c = _mm512_unpackhi_epi32(r[0], r[1]), d = _mm512_unpackhi_epi32(r[2], r[3]);
        half[h][0] = _mm512_unpacklo_epi64(a, b);
        half[h][1] = _mm512_unpackhi_epi64(a, b);
        half[h][2] = _mm512_unpacklo_epi64(c, d);
        half[h][3] = _mm512_unpackhi_epi64(c, d);
      }
      __m128i parts[2][16];
      for (int h = 0; h < 2; h++)
        for (int j = 0; j < 4; j++) {
          parts[h][j] = _mm512_extracti32x4_epi32(half[h][j], 0);
          parts[h][4 + j] = _mm512_extracti32x4_epi32(half[h][j], 1);
          parts[h][8 + j] = _mm512_extracti32x4_epi32(half[h][j], 2);
          parts[h][12 + j] = _mm512_extracti32x4_epi32(half[h][j], 3);
        }
      const long many = pairs - pair < 16 ? pairs - pair : 16;
      for (long p = 0; p < many; p++) {
        uint32_t *place = target + (pair + p) * width;
        _mm_storeu_si128((__m128i *)place, parts[0][p]);
        _mm_storeu_si128((__m128i *)(place + 4), parts[1][p]);
      }
    }
  }
}

// Lines that lie side by side: two rows of the source are interleaved.
TARGET static void pack_across(long width, long lines, long k, const float *source, long stride,
                               uint32_t *out) {
  const long pairs = (k + 1) / 2, step = width < 16 ? width : 16;
  for (long line = 0; line < lines; line += step) {
    uint32_t *target = out + line / width * width * pairs + line % width;
    const __mmask16 wanted = first_lanes(lines - line) & first_lanes(step);
    for (long pair = 0; pair < pairs; pair++) {
      const float *from = source + 2 * pair * stride + line;
      const __mmask16 second = 2 * pair + 1 < k ? wanted : 0;
      __m256i even = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(wanted, from));
      __m256i odd = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(second, from + stride));
      __m512i both = _mm512_or_si512(_mm512_cvtepu16_epi32(even),
                                     _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16));
      _mm512_mask_storeu_epi32(target + pair * width, first_lanes(step), both);
    }
  }
}

void indgrm_rounded_pack(long width, long lines, long k, const float *source, long stride, int along,
                         uint32_t *out) {
  (along ? pack_along : pack_across)(width, lines, k, source, stride, out);
}

// One tile of ROWS x COLUMNS sums in registers.
TARGET static void tile(long pairs, const uint32_t *a, const uint32_t *b, float alpha, float beta,
                        float *c, long stride, long rows, long columns) {
  __m512 sum[ROWS][VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) sum[r][v] = _mm512_setzero_ps();
  for (long p = 0; p < pairs; p++) {
    __m512bh right[VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++)
      right[v] = (__m512bh)_mm512_loadu_si512(b + p * COLUMNS + 16 * v);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      __m512bh left = (__m512bh)_mm512_set1_epi32((int)a[p * ROWS + r]);
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTORS; v++) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], left, right[v]);
    }
  }
  const __m512 factor = _mm512_set1_ps(alpha), kept = _mm512_set1_ps(beta);
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    if (r >= rows) break;
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) {
      __mmask16 lanes = first_lanes(columns - 16 * v);
      float *place = c + r * stride + 16 * v;
      __m512 value = _mm512_mul_ps(sum[r][v], factor);
      if (beta != 0) value = _mm512_fmadd_ps(kept, _mm512_maskz_loadu_ps(lanes, place), value);
      _mm512_mask_storeu_ps(place, lanes, value);
    }
  }
}

void indgrm_rounded_multiply(long m, long n, long k, const uint32_t *a, const uint32_t *b, float alpha,
                             float beta, float *c, long stride) {
  const long pairs = (k + 1) / 2, depth = INDGRM_ROUNDED_DEPTH / 2;
  for (long start = 0; start < pairs; start += depth) {
    const long here = pairs - start < depth ? pairs - start : depth;
    for (long column = 0; column < n; column += COLUMNS)
      for (long row = 0; row < m; row += ROWS)
        tile(here, a + row * pairs + start * ROWS, b + column * pairs + start * COLUMNS, alpha,
             start > 0 ? 1 : beta, c + row * stride + column, stride, m - row, n - column);
  }
}

#else

int indgrm_rounded_available(void) { return 0; }
int indgrm_rounded_faster(void) { return 0; }
void indgrm_rounded_pack(long width, long lines, long k, const float *source, long stride, int along,
                         uint32_t *out) {}
void indgrm_rounded_multiply(long m, long n, long k, const uint32_t *a, const uint32_t *b, float alpha,
                             float beta, float *c, long stride) {}

#endif
