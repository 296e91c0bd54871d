// Counter-based random numbers: any element can be drawn without the ones before it.

INLINE void philox(uint32_t c[4], uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
    uint32_t high_a = (uint32_t)(a >> 32), high_b = (uint32_t)(b >> 32);
    uint32_t next0 = high_b ^ c[1] ^ k0, next2 = high_a ^ c[3] ^ k1;
    c[1] = (uint32_t)b;
    c[3] = (uint32_t)a;
    c[0] = next0;
    c[2] = next2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// Element e of an array comes from word e % 4 of block e / 4, so a range of elements does not depend
// on where it is cut. Blocks are worked on eight at a time, lane by lane, for the vector units.
enum { LANES = 16 };

INLINE void blocks(uint64_t first, uint64_t seed, uint32_t stage, uint64_t index,
                   uint32_t words[4][LANES]) {
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32) ^ stage;
  uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
  for (int l = 0; l < LANES; l++) {
    uint64_t at = first + (uint64_t)l;
    c0[l] = (uint32_t)at;
    c1[l] = (uint32_t)(at >> 32) ^ 0x424C4B00u;
    c2[l] = (uint32_t)index;
    c3[l] = (uint32_t)(index >> 32);
  }
  for (int round = 0; round < 10; round++) {
    for (int l = 0; l < LANES; l++) {
      uint64_t a = (uint64_t)0xD2511F53u * c0[l], b = (uint64_t)0xCD9E8D57u * c2[l];
      uint32_t next0 = (uint32_t)(b >> 32) ^ c1[l] ^ k0, next2 = (uint32_t)(a >> 32) ^ c3[l] ^ k1;
      c1[l] = (uint32_t)b;
      c3[l] = (uint32_t)a;
      c0[l] = next0;
      c2[l] = next2;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int l = 0; l < LANES; l++) {
    words[0][l] = c0[l];
    words[1][l] = c1[l];
    words[2][l] = c2[l];
    words[3][l] = c3[l];
  }
}

// A uniform number in (0, 1) from 24 bits.
INLINE float unit(uint32_t word) { return ((float)(word >> 8) + 0.5f) * 5.9604644775390625e-8f; }

// sin and cos of 2 pi u for u in (0, 1): reduced to [-1/4, 1/4] turns, degree-9 and -10 polynomials.
INLINE void turn(float u, float *sine, float *cosine) {
  float v = u - 0.5f;
  float folded = v > 0.25f ? 0.5f - v : v < -0.25f ? -0.5f - v : v;
  float flip = v > 0.25f || v < -0.25f ? -1.0f : 1.0f;
  float a = 6.283185307f * folded, s = a * a;
  float sn = a * (1.0f + s * (-1.6666667e-1f + s * (8.3333310e-3f + s * (-1.9840874e-4f + s * 2.7525562e-6f))));
  float cs = 1.0f + s * (-0.5f + s * (4.1666638e-2f + s * (-1.3888378e-3f + s * (2.4760495e-5f + s * -2.6051615e-7f))));
  *sine = -sn;
  *cosine = -cs * flip;
}

static void normals(uint64_t first, uint64_t seed, uint32_t stage, uint64_t index, float *out) {
  uint32_t words[4][LANES];
  float values[4][LANES];
  blocks(first, seed, stage, index, words);
  for (int pair = 0; pair < 4; pair += 2)
    for (int l = 0; l < LANES; l++) {
      float radius = __builtin_sqrtf(-2.0f * vlogf(unit(words[pair][l])));
      float sine, cosine;
      turn(unit(words[pair + 1][l]), &sine, &cosine);
      values[pair][l] = radius * cosine;
      values[pair + 1][l] = radius * sine;
    }
  for (int l = 0; l < LANES; l++)
    for (int w = 0; w < 4; w++) out[4 * l + w] = values[w][l];
}

static void gumbels(uint64_t first, uint64_t seed, uint32_t stage, uint64_t index, float *out) {
  uint32_t words[4][LANES];
  blocks(first, seed, stage, index, words);
  for (int l = 0; l < LANES; l++)
    for (int w = 0; w < 4; w++) {
      // The largest of the 24-bit numbers rounds to 1, whose logarithm has none.
      float u = unit(words[w][l]);
      out[4 * l + w] = -vlogf(-vlogf(u < 0.99999994f ? u : 0.99999994f));
    }
}

#define FILL(REAL, S, NAME, DRAW)                                                                  \
  void NAMED(NAME, S)(long start, long n, uint64_t seed, uint32_t stage, uint64_t index,           \
                           REAL *x) {                                                              \
    float block[4 * LANES];                                                                        \
    long done = 0;                                                                                 \
    while (done < n) {                                                                             \
      long at = start + done, skip = at % (4 * LANES);                                             \
      long count = 4 * LANES - skip < n - done ? 4 * LANES - skip : n - done;                      \
      DRAW((uint64_t)(at - skip) / 4, seed, stage, index, block);                                  \
      for (long i = 0; i < count; i++) x[done + i] = (REAL)block[skip + i];                        \
      done += count;                                                                               \
    }                                                                                              \
  }

FILL(float, float, normal, normals)
FILL(double, double, normal, normals)
FILL(float, float, gumbel, gumbels)
FILL(double, double, gumbel, gumbels)
